BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0003');
CREATE TABLE attempt (
	run VARCHAR(40) NOT NULL, 
	step TEXT NOT NULL, 
	number INTEGER NOT NULL, 
	started_at VARCHAR(32) NOT NULL, 
	ended_at VARCHAR(32), 
	result VARCHAR(16), 
	returncode INTEGER, 
	reason TEXT NOT NULL, 
	facts JSON NOT NULL, 
	undo BOOLEAN NOT NULL, 
	PRIMARY KEY (run, step, number), 
	FOREIGN KEY(run) REFERENCES run (id)
)
 WITHOUT ROWID

;
INSERT INTO "attempt" VALUES('261123-f1141b','cmp1-cordon',1,'2026-11-23T12:26:13.759968+00:00','2026-11-23T12:26:19.876730+00:00','done',0,'','{}',0);
INSERT INTO "attempt" VALUES('261123-f1141b','cmp1-upgrade',1,'2026-11-23T12:26:19.891787+00:00',NULL,NULL,NULL,'','{}',0);
INSERT INTO "attempt" VALUES('261123-f1141b','cmp2-cordon',1,'2026-11-23T12:26:13.759968+00:00','2026-11-23T12:26:19.958547+00:00','done',0,'','{}',0);
INSERT INTO "attempt" VALUES('261123-f1141b','cmp2-upgrade',1,'2026-11-23T12:26:20.148255+00:00',NULL,NULL,NULL,'','{}',0);
CREATE TABLE command (
	id VARCHAR(64) NOT NULL, 
	run VARCHAR(40) NOT NULL, 
	kind VARCHAR(16) NOT NULL, 
	step TEXT, 
	actor TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	at VARCHAR(32) NOT NULL, 
	result VARCHAR(16), 
	answer TEXT NOT NULL, details JSON DEFAULT '{}' NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(run) REFERENCES run (id)
);
CREATE TABLE delivery_script (
	name TEXT NOT NULL, 
	PRIMARY KEY (name)
);
CREATE TABLE dispatch (
	run VARCHAR(40) NOT NULL, 
	step TEXT NOT NULL, 
	number INTEGER NOT NULL, 
	queue TEXT NOT NULL, 
	document JSON NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	worker VARCHAR(64), 
	fence INTEGER, 
	ends BOOLEAN NOT NULL, 
	ending JSON, 
	output BIGINT NOT NULL, 
	queued_at FLOAT NOT NULL, 
	claimed_at FLOAT, 
	ended_at FLOAT, 
	PRIMARY KEY (run, step, number)
)
 WITHOUT ROWID

;
CREATE TABLE dispatch_output (
	run VARCHAR(40) NOT NULL, 
	step TEXT NOT NULL, 
	number INTEGER NOT NULL, 
	file TEXT NOT NULL, 
	"offset" BIGINT NOT NULL, 
	data BLOB NOT NULL, 
	PRIMARY KEY (run, step, number, file, "offset")
);
CREATE TABLE effect (
	run VARCHAR(40) NOT NULL, 
	id TEXT NOT NULL, 
	kind VARCHAR(32) NOT NULL, 
	subject TEXT NOT NULL, 
	step TEXT NOT NULL, 
	binding TEXT NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	at VARCHAR(32) NOT NULL, 
	details JSON NOT NULL, 
	ended_at VARCHAR(32), 
	note TEXT NOT NULL, 
	PRIMARY KEY (run, id), 
	FOREIGN KEY(run) REFERENCES run (id)
)
 WITHOUT ROWID

;
CREATE TABLE event (
	run VARCHAR(40) NOT NULL, 
	seq INTEGER NOT NULL, 
	at VARCHAR(32) NOT NULL, 
	kind VARCHAR(32) NOT NULL, 
	step TEXT, 
	attempt INTEGER, 
	data JSON NOT NULL, 
	PRIMARY KEY (run, seq), 
	FOREIGN KEY(run) REFERENCES run (id)
)
 WITHOUT ROWID

;
INSERT INTO "event" VALUES('261123-f1141b',1,'2026-11-23T12:26:13.397664+00:00','run.created',NULL,NULL,'{"plan":"2c02529dce3e319b2afa4dd655d515cca8c6490f92dc6828aa3f84dc51e0b38a","actor":"ann"}');
INSERT INTO "event" VALUES('261123-f1141b',2,'2026-11-23T12:26:13.749049+00:00','run.started',NULL,NULL,'{"plan":"2c02529dce3e319b2afa4dd655d515cca8c6490f92dc6828aa3f84dc51e0b38a","approve_all":false}');
INSERT INTO "event" VALUES('261123-f1141b',3,'2026-11-23T12:26:13.759968+00:00','step.started','cmp1-cordon',1,'{}');
INSERT INTO "event" VALUES('261123-f1141b',4,'2026-11-23T12:26:13.759968+00:00','step.started','cmp2-cordon',1,'{}');
INSERT INTO "event" VALUES('261123-f1141b',5,'2026-11-23T12:26:19.891787+00:00','step.done','cmp1-cordon',1,'{"returncode":0}');
INSERT INTO "event" VALUES('261123-f1141b',6,'2026-11-23T12:26:19.891787+00:00','step.started','cmp1-upgrade',1,'{}');
INSERT INTO "event" VALUES('261123-f1141b',7,'2026-11-23T12:26:20.148255+00:00','step.done','cmp2-cordon',1,'{"returncode":0}');
INSERT INTO "event" VALUES('261123-f1141b',8,'2026-11-23T12:26:20.148255+00:00','step.started','cmp2-upgrade',1,'{}');
CREATE TABLE lease (
	cloud TEXT NOT NULL, 
	fence INTEGER NOT NULL, 
	holder VARCHAR(64), 
	lock VARCHAR(64) NOT NULL, 
	host TEXT NOT NULL, 
	pid INTEGER NOT NULL, 
	run VARCHAR(40), 
	until FLOAT NOT NULL, 
	PRIMARY KEY (cloud)
);
INSERT INTO "lease" VALUES('lab',1,'751e39e317cc4ae0b15fdbd8ab1e6410','8098de5f01b447f9a20133ea4b5d5ccd','ctl1',11625,'261123-f1141b',1.79543681018990826606e+09);
CREATE TABLE "plan" (
	hash VARCHAR(80) NOT NULL, 
	document JSON NOT NULL, 
	PRIMARY KEY (hash)
);
INSERT INTO "plan" VALUES('2c02529dce3e319b2afa4dd655d515cca8c6490f92dc6828aa3f84dc51e0b38a','{"schema":"stairlift.plan/1","hash":"2c02529dce3e319b2afa4dd655d515cca8c6490f92dc6828aa3f84dc51e0b38a","cloud":"lab","from":"2025.1","to":"2026.1","hops":["2026.1"],"sources":[],"os_cloud":null,"policy":{},"windows":{"plane:resource":2},"budgets":{"plane:resource":0},"on_failure":"stop","waivers":[],"left_out":[],"strategies":[{"id":"command","use":"command","match":{},"options":{"argv":["true"],"undo":["true","undo"]},"concurrency":"host","can_undo":true,"files":{},"versions":{}}],"placement":{"cmp1":["nova-compute"],"cmp2":["nova-compute"],"cmp3":["nova-compute"],"cmp4":["nova-compute"]},"steps":12,"findings":[]}');
CREATE TABLE plan_step (
	"plan" VARCHAR(80) NOT NULL, 
	position INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	sort TEXT NOT NULL, 
	document JSON NOT NULL, 
	PRIMARY KEY ("plan", position), 
	FOREIGN KEY("plan") REFERENCES "plan" (hash)
)
 WITHOUT ROWID

;
INSERT INTO "plan_step" VALUES('2c02529dce3e319b2afa4dd655d515cca8c6490f92dc6828aa3f84dc51e0b38a',0,'cmp1-cordon','cordon nova-compute command','{"id":"cmp1-cordon","action":"cordon","stage":"compute","plane":"resource","project":"nova","services":["nova-compute"],"hosts":["cmp1"],"strategy":"command","needs":[],"after":[],"reason":"a test asked for it","reversibility":"parking","from":"2025.1","to":"2026.1","unit":"cmp1","slots":["plane:resource"],"budgets":["plane:resource"]}');
INSERT INTO "plan_step" VALUES('2c02529dce3e319b2afa4dd655d515cca8c6490f92dc6828aa3f84dc51e0b38a',1,'cmp1-upgrade','upgrade nova-compute command','{"id":"cmp1-upgrade","action":"upgrade","stage":"compute","plane":"resource","project":"nova","services":["nova-compute"],"hosts":["cmp1"],"strategy":"command","needs":["cmp1-cordon"],"after":[],"reason":"a test asked for it","reversibility":"parking","from":"2025.1","to":"2026.1","unit":"cmp1","slots":["plane:resource"],"budgets":["plane:resource"]}');
INSERT INTO "plan_step" VALUES('2c02529dce3e319b2afa4dd655d515cca8c6490f92dc6828aa3f84dc51e0b38a',2,'cmp1-uncordon','uncordon nova-compute command','{"id":"cmp1-uncordon","action":"uncordon","stage":"compute","plane":"resource","project":"nova","services":["nova-compute"],"hosts":["cmp1"],"strategy":"command","needs":["cmp1-upgrade"],"after":[],"reason":"a test asked for it","reversibility":"parking","from":"2025.1","to":"2026.1","unit":"cmp1","slots":["plane:resource"],"budgets":["plane:resource"]}');
INSERT INTO "plan_step" VALUES('2c02529dce3e319b2afa4dd655d515cca8c6490f92dc6828aa3f84dc51e0b38a',3,'cmp2-cordon','cordon nova-compute command','{"id":"cmp2-cordon","action":"cordon","stage":"compute","plane":"resource","project":"nova","services":["nova-compute"],"hosts":["cmp2"],"strategy":"command","needs":[],"after":[],"reason":"a test asked for it","reversibility":"parking","from":"2025.1","to":"2026.1","unit":"cmp2","slots":["plane:resource"],"budgets":["plane:resource"]}');
INSERT INTO "plan_step" VALUES('2c02529dce3e319b2afa4dd655d515cca8c6490f92dc6828aa3f84dc51e0b38a',4,'cmp2-upgrade','upgrade nova-compute command','{"id":"cmp2-upgrade","action":"upgrade","stage":"compute","plane":"resource","project":"nova","services":["nova-compute"],"hosts":["cmp2"],"strategy":"command","needs":["cmp2-cordon"],"after":[],"reason":"a test asked for it","reversibility":"parking","from":"2025.1","to":"2026.1","unit":"cmp2","slots":["plane:resource"],"budgets":["plane:resource"]}');
INSERT INTO "plan_step" VALUES('2c02529dce3e319b2afa4dd655d515cca8c6490f92dc6828aa3f84dc51e0b38a',5,'cmp2-uncordon','uncordon nova-compute command','{"id":"cmp2-uncordon","action":"uncordon","stage":"compute","plane":"resource","project":"nova","services":["nova-compute"],"hosts":["cmp2"],"strategy":"command","needs":["cmp2-upgrade"],"after":[],"reason":"a test asked for it","reversibility":"parking","from":"2025.1","to":"2026.1","unit":"cmp2","slots":["plane:resource"],"budgets":["plane:resource"]}');
INSERT INTO "plan_step" VALUES('2c02529dce3e319b2afa4dd655d515cca8c6490f92dc6828aa3f84dc51e0b38a',6,'cmp3-cordon','cordon nova-compute command','{"id":"cmp3-cordon","action":"cordon","stage":"compute","plane":"resource","project":"nova","services":["nova-compute"],"hosts":["cmp3"],"strategy":"command","needs":[],"after":[],"reason":"a test asked for it","reversibility":"parking","from":"2025.1","to":"2026.1","unit":"cmp3","slots":["plane:resource"],"budgets":["plane:resource"]}');
INSERT INTO "plan_step" VALUES('2c02529dce3e319b2afa4dd655d515cca8c6490f92dc6828aa3f84dc51e0b38a',7,'cmp3-upgrade','upgrade nova-compute command','{"id":"cmp3-upgrade","action":"upgrade","stage":"compute","plane":"resource","project":"nova","services":["nova-compute"],"hosts":["cmp3"],"strategy":"command","needs":["cmp3-cordon"],"after":[],"reason":"a test asked for it","reversibility":"parking","from":"2025.1","to":"2026.1","unit":"cmp3","slots":["plane:resource"],"budgets":["plane:resource"]}');
INSERT INTO "plan_step" VALUES('2c02529dce3e319b2afa4dd655d515cca8c6490f92dc6828aa3f84dc51e0b38a',8,'cmp3-uncordon','uncordon nova-compute command','{"id":"cmp3-uncordon","action":"uncordon","stage":"compute","plane":"resource","project":"nova","services":["nova-compute"],"hosts":["cmp3"],"strategy":"command","needs":["cmp3-upgrade"],"after":[],"reason":"a test asked for it","reversibility":"parking","from":"2025.1","to":"2026.1","unit":"cmp3","slots":["plane:resource"],"budgets":["plane:resource"]}');
INSERT INTO "plan_step" VALUES('2c02529dce3e319b2afa4dd655d515cca8c6490f92dc6828aa3f84dc51e0b38a',9,'cmp4-cordon','cordon nova-compute command','{"id":"cmp4-cordon","action":"cordon","stage":"compute","plane":"resource","project":"nova","services":["nova-compute"],"hosts":["cmp4"],"strategy":"command","needs":[],"after":[],"reason":"a test asked for it","reversibility":"parking","from":"2025.1","to":"2026.1","unit":"cmp4","slots":["plane:resource"],"budgets":["plane:resource"]}');
INSERT INTO "plan_step" VALUES('2c02529dce3e319b2afa4dd655d515cca8c6490f92dc6828aa3f84dc51e0b38a',10,'cmp4-upgrade','upgrade nova-compute command','{"id":"cmp4-upgrade","action":"upgrade","stage":"compute","plane":"resource","project":"nova","services":["nova-compute"],"hosts":["cmp4"],"strategy":"command","needs":["cmp4-cordon"],"after":[],"reason":"a test asked for it","reversibility":"parking","from":"2025.1","to":"2026.1","unit":"cmp4","slots":["plane:resource"],"budgets":["plane:resource"]}');
INSERT INTO "plan_step" VALUES('2c02529dce3e319b2afa4dd655d515cca8c6490f92dc6828aa3f84dc51e0b38a',11,'cmp4-uncordon','uncordon nova-compute command','{"id":"cmp4-uncordon","action":"uncordon","stage":"compute","plane":"resource","project":"nova","services":["nova-compute"],"hosts":["cmp4"],"strategy":"command","needs":["cmp4-upgrade"],"after":[],"reason":"a test asked for it","reversibility":"parking","from":"2025.1","to":"2026.1","unit":"cmp4","slots":["plane:resource"],"budgets":["plane:resource"]}');
CREATE TABLE run (
	id VARCHAR(40) NOT NULL, 
	cloud TEXT NOT NULL, 
	plan_hash VARCHAR(80) NOT NULL, 
	source VARCHAR(16) NOT NULL, 
	target VARCHAR(16) NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	created_at VARCHAR(32) NOT NULL, 
	started_at VARCHAR(32), 
	ended_at VARCHAR(32), 
	approve_all BOOLEAN NOT NULL, 
	actor TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	options JSON NOT NULL, intent VARCHAR(16) DEFAULT 'go' NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(plan_hash) REFERENCES "plan" (hash)
);
INSERT INTO "run" VALUES('261123-f1141b','lab','2c02529dce3e319b2afa4dd655d515cca8c6490f92dc6828aa3f84dc51e0b38a','2025.1','2026.1','running','2026-11-23T12:26:13.397664+00:00','2026-11-23T12:26:13.749049+00:00',NULL,0,'ann','','{}','go');
CREATE TABLE step (
	run VARCHAR(40) NOT NULL, 
	id TEXT NOT NULL, 
	position INTEGER NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	attempt INTEGER NOT NULL, 
	approved BOOLEAN NOT NULL, 
	started_at VARCHAR(32), 
	worked_at VARCHAR(32), 
	ended_at VARCHAR(32), 
	reason TEXT NOT NULL, retries INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (run, id), 
	FOREIGN KEY(run) REFERENCES run (id)
)
 WITHOUT ROWID

;
INSERT INTO "step" VALUES('261123-f1141b','cmp1-cordon',0,'done',1,0,'2026-11-23T12:26:13.759968+00:00','2026-11-23T12:26:19.876730+00:00','2026-11-23T12:26:19.891787+00:00','',0);
INSERT INTO "step" VALUES('261123-f1141b','cmp1-uncordon',2,'pending',0,0,NULL,NULL,NULL,'',0);
INSERT INTO "step" VALUES('261123-f1141b','cmp1-upgrade',1,'running',1,0,'2026-11-23T12:26:19.891787+00:00',NULL,NULL,'',0);
INSERT INTO "step" VALUES('261123-f1141b','cmp2-cordon',3,'done',1,0,'2026-11-23T12:26:13.759968+00:00','2026-11-23T12:26:19.958547+00:00','2026-11-23T12:26:20.148255+00:00','',0);
INSERT INTO "step" VALUES('261123-f1141b','cmp2-uncordon',5,'pending',0,0,NULL,NULL,NULL,'',0);
INSERT INTO "step" VALUES('261123-f1141b','cmp2-upgrade',4,'running',1,0,'2026-11-23T12:26:20.148255+00:00',NULL,NULL,'',0);
INSERT INTO "step" VALUES('261123-f1141b','cmp3-cordon',6,'pending',0,0,NULL,NULL,NULL,'',0);
INSERT INTO "step" VALUES('261123-f1141b','cmp3-uncordon',8,'pending',0,0,NULL,NULL,NULL,'',0);
INSERT INTO "step" VALUES('261123-f1141b','cmp3-upgrade',7,'pending',0,0,NULL,NULL,NULL,'',0);
INSERT INTO "step" VALUES('261123-f1141b','cmp4-cordon',9,'pending',0,0,NULL,NULL,NULL,'',0);
INSERT INTO "step" VALUES('261123-f1141b','cmp4-uncordon',11,'pending',0,0,NULL,NULL,NULL,'',0);
INSERT INTO "step" VALUES('261123-f1141b','cmp4-upgrade',10,'pending',0,0,NULL,NULL,NULL,'',0);
CREATE TABLE worker (
	id VARCHAR(64) NOT NULL, 
	name TEXT NOT NULL, 
	host TEXT NOT NULL, 
	pid INTEGER NOT NULL, 
	boot VARCHAR(64) NOT NULL, 
	queues JSON NOT NULL, 
	jobs INTEGER NOT NULL, 
	fence INTEGER NOT NULL, 
	beats INTEGER NOT NULL, 
	seen_at FLOAT NOT NULL, 
	gone_after FLOAT NOT NULL, 
	PRIMARY KEY (id)
);
CREATE INDEX run_by_cloud ON run (cloud, created_at);
CREATE INDEX command_unsettled ON command (run, result);
CREATE INDEX dispatch_by_worker ON dispatch (worker, state);
CREATE UNIQUE INDEX plan_step_by_id ON plan_step ("plan", id);
CREATE INDEX plan_step_by_sort ON plan_step ("plan", sort, position);
CREATE TRIGGER event_no_update BEFORE UPDATE ON event BEGIN SELECT RAISE(ABORT, 'events can only be added'); END;
CREATE TRIGGER event_no_delete BEFORE DELETE ON event BEGIN SELECT RAISE(ABORT, 'events can only be added'); END;
COMMIT;
