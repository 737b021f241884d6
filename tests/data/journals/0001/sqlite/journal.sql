BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
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
INSERT INTO "attempt" VALUES('261122-3af0fa','cmp1-cordon',1,'2026-11-22T22:38:43.986333+00:00','2026-11-22T22:38:44.458342+00:00','done',0,'','{}',0);
INSERT INTO "attempt" VALUES('261122-3af0fa','cmp1-upgrade',1,'2026-11-22T22:38:44.468547+00:00',NULL,NULL,NULL,'','{}',0);
INSERT INTO "attempt" VALUES('261122-3af0fa','cmp2-cordon',1,'2026-11-22T22:38:43.986333+00:00','2026-11-22T22:38:44.470795+00:00','done',0,'','{}',0);
INSERT INTO "attempt" VALUES('261122-3af0fa','cmp2-upgrade',1,'2026-11-22T22:38:44.487018+00:00',NULL,NULL,NULL,'','{}',0);
CREATE TABLE command (
	id VARCHAR(64) NOT NULL, 
	run VARCHAR(40) NOT NULL, 
	kind VARCHAR(16) NOT NULL, 
	step TEXT, 
	actor TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	at VARCHAR(32) NOT NULL, 
	result VARCHAR(16), 
	answer TEXT NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(run) REFERENCES run (id)
);
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
INSERT INTO "event" VALUES('261122-3af0fa',1,'2026-11-22T22:38:43.967806+00:00','run.created',NULL,NULL,'{"plan":"6df3d04d40340d2f15dcf07d58feb3a1906b4d3cd802acb20ffd6c70235ad9ea","actor":"ann"}');
INSERT INTO "event" VALUES('261122-3af0fa',2,'2026-11-22T22:38:43.980062+00:00','run.started',NULL,NULL,'{"plan":"6df3d04d40340d2f15dcf07d58feb3a1906b4d3cd802acb20ffd6c70235ad9ea","approve_all":false}');
INSERT INTO "event" VALUES('261122-3af0fa',3,'2026-11-22T22:38:43.986333+00:00','step.started','cmp1-cordon',1,'{}');
INSERT INTO "event" VALUES('261122-3af0fa',4,'2026-11-22T22:38:43.986333+00:00','step.started','cmp2-cordon',1,'{}');
INSERT INTO "event" VALUES('261122-3af0fa',5,'2026-11-22T22:38:44.468547+00:00','step.done','cmp1-cordon',1,'{"returncode":0}');
INSERT INTO "event" VALUES('261122-3af0fa',6,'2026-11-22T22:38:44.468547+00:00','step.started','cmp1-upgrade',1,'{}');
INSERT INTO "event" VALUES('261122-3af0fa',7,'2026-11-22T22:38:44.487018+00:00','step.done','cmp2-cordon',1,'{"returncode":0}');
INSERT INTO "event" VALUES('261122-3af0fa',8,'2026-11-22T22:38:44.487018+00:00','step.started','cmp2-upgrade',1,'{}');
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
INSERT INTO "lease" VALUES('lab',1,'bae1c8268f004d148011ee893046170b','fd7d7ba065834544b6155492784ee0b6','ctl1',20176,'261122-3af0fa',1.79538715448732638354e+09);
CREATE TABLE "plan" (
	hash VARCHAR(80) NOT NULL, 
	document JSON NOT NULL, 
	PRIMARY KEY (hash)
);
INSERT INTO "plan" VALUES('6df3d04d40340d2f15dcf07d58feb3a1906b4d3cd802acb20ffd6c70235ad9ea','{"schema":"stairlift.plan/1","hash":"6df3d04d40340d2f15dcf07d58feb3a1906b4d3cd802acb20ffd6c70235ad9ea","cloud":"lab","from":"2025.1","to":"2026.1","hops":["2026.1"],"sources":[],"os_cloud":null,"policy":{},"windows":{"plane:resource":2},"budgets":{"plane:resource":0},"on_failure":"stop","waivers":[],"left_out":[],"strategies":[{"id":"command","use":"command","match":{},"options":{"argv":["true"]},"concurrency":"host","can_undo":false,"files":{},"versions":{}}],"placement":{"cmp1":["nova-compute"],"cmp2":["nova-compute"],"cmp3":["nova-compute"],"cmp4":["nova-compute"]},"steps":[{"id":"cmp1-cordon","action":"cordon","stage":"compute","plane":"resource","project":"nova","services":["nova-compute"],"hosts":["cmp1"],"strategy":"command","needs":[],"after":[],"reason":"a test asked for it","reversibility":"parking","from":"2025.1","to":"2026.1","unit":"cmp1","slots":["plane:resource"],"budgets":["plane:resource"]},{"id":"cmp1-upgrade","action":"upgrade","stage":"compute","plane":"resource","project":"nova","services":["nova-compute"],"hosts":["cmp1"],"strategy":"command","needs":["cmp1-cordon"],"after":[],"reason":"a test asked for it","reversibility":"parking","from":"2025.1","to":"2026.1","unit":"cmp1","slots":["plane:resource"],"budgets":["plane:resource"]},{"id":"cmp1-uncordon","action":"uncordon","stage":"compute","plane":"resource","project":"nova","services":["nova-compute"],"hosts":["cmp1"],"strategy":"command","needs":["cmp1-upgrade"],"after":[],"reason":"a test asked for it","reversibility":"parking","from":"2025.1","to":"2026.1","unit":"cmp1","slots":["plane:resource"],"budgets":["plane:resource"]},{"id":"cmp2-cordon","action":"cordon","stage":"compute","plane":"resource","project":"nova","services":["nova-compute"],"hosts":["cmp2"],"strategy":"command","needs":[],"after":[],"reason":"a test asked for it","reversibility":"parking","from":"2025.1","to":"2026.1","unit":"cmp2","slots":["plane:resource"],"budgets":["plane:resource"]},{"id":"cmp2-upgrade","action":"upgrade","stage":"compute","plane":"resource","project":"nova","services":["nova-compute"],"hosts":["cmp2"],"strategy":"command","needs":["cmp2-cordon"],"after":[],"reason":"a test asked for it","reversibility":"parking","from":"2025.1","to":"2026.1","unit":"cmp2","slots":["plane:resource"],"budgets":["plane:resource"]},{"id":"cmp2-uncordon","action":"uncordon","stage":"compute","plane":"resource","project":"nova","services":["nova-compute"],"hosts":["cmp2"],"strategy":"command","needs":["cmp2-upgrade"],"after":[],"reason":"a test asked for it","reversibility":"parking","from":"2025.1","to":"2026.1","unit":"cmp2","slots":["plane:resource"],"budgets":["plane:resource"]},{"id":"cmp3-cordon","action":"cordon","stage":"compute","plane":"resource","project":"nova","services":["nova-compute"],"hosts":["cmp3"],"strategy":"command","needs":[],"after":[],"reason":"a test asked for it","reversibility":"parking","from":"2025.1","to":"2026.1","unit":"cmp3","slots":["plane:resource"],"budgets":["plane:resource"]},{"id":"cmp3-upgrade","action":"upgrade","stage":"compute","plane":"resource","project":"nova","services":["nova-compute"],"hosts":["cmp3"],"strategy":"command","needs":["cmp3-cordon"],"after":[],"reason":"a test asked for it","reversibility":"parking","from":"2025.1","to":"2026.1","unit":"cmp3","slots":["plane:resource"],"budgets":["plane:resource"]},{"id":"cmp3-uncordon","action":"uncordon","stage":"compute","plane":"resource","project":"nova","services":["nova-compute"],"hosts":["cmp3"],"strategy":"command","needs":["cmp3-upgrade"],"after":[],"reason":"a test asked for it","reversibility":"parking","from":"2025.1","to":"2026.1","unit":"cmp3","slots":["plane:resource"],"budgets":["plane:resource"]},{"id":"cmp4-cordon","action":"cordon","stage":"compute","plane":"resource","project":"nova","services":["nova-compute"],"hosts":["cmp4"],"strategy":"command","needs":[],"after":[],"reason":"a test asked for it","reversibility":"parking","from":"2025.1","to":"2026.1","unit":"cmp4","slots":["plane:resource"],"budgets":["plane:resource"]},{"id":"cmp4-upgrade","action":"upgrade","stage":"compute","plane":"resource","project":"nova","services":["nova-compute"],"hosts":["cmp4"],"strategy":"command","needs":["cmp4-cordon"],"after":[],"reason":"a test asked for it","reversibility":"parking","from":"2025.1","to":"2026.1","unit":"cmp4","slots":["plane:resource"],"budgets":["plane:resource"]},{"id":"cmp4-uncordon","action":"uncordon","stage":"compute","plane":"resource","project":"nova","services":["nova-compute"],"hosts":["cmp4"],"strategy":"command","needs":["cmp4-upgrade"],"after":[],"reason":"a test asked for it","reversibility":"parking","from":"2025.1","to":"2026.1","unit":"cmp4","slots":["plane:resource"],"budgets":["plane:resource"]}],"findings":[]}');
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
	options JSON NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(plan_hash) REFERENCES "plan" (hash)
);
INSERT INTO "run" VALUES('261122-3af0fa','lab','6df3d04d40340d2f15dcf07d58feb3a1906b4d3cd802acb20ffd6c70235ad9ea','2025.1','2026.1','running','2026-11-22T22:38:43.967806+00:00','2026-11-22T22:38:43.980062+00:00',NULL,0,'ann','','{}');
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
	reason TEXT NOT NULL, 
	PRIMARY KEY (run, id), 
	FOREIGN KEY(run) REFERENCES run (id)
)
 WITHOUT ROWID

;
INSERT INTO "step" VALUES('261122-3af0fa','cmp1-cordon',0,'done',1,0,'2026-11-22T22:38:43.986333+00:00','2026-11-22T22:38:44.458342+00:00','2026-11-22T22:38:44.468547+00:00','');
INSERT INTO "step" VALUES('261122-3af0fa','cmp1-uncordon',2,'pending',0,0,NULL,NULL,NULL,'');
INSERT INTO "step" VALUES('261122-3af0fa','cmp1-upgrade',1,'running',1,0,'2026-11-22T22:38:44.468547+00:00',NULL,NULL,'');
INSERT INTO "step" VALUES('261122-3af0fa','cmp2-cordon',3,'done',1,0,'2026-11-22T22:38:43.986333+00:00','2026-11-22T22:38:44.470795+00:00','2026-11-22T22:38:44.487018+00:00','');
INSERT INTO "step" VALUES('261122-3af0fa','cmp2-uncordon',5,'pending',0,0,NULL,NULL,NULL,'');
INSERT INTO "step" VALUES('261122-3af0fa','cmp2-upgrade',4,'running',1,0,'2026-11-22T22:38:44.487018+00:00',NULL,NULL,'');
INSERT INTO "step" VALUES('261122-3af0fa','cmp3-cordon',6,'pending',0,0,NULL,NULL,NULL,'');
INSERT INTO "step" VALUES('261122-3af0fa','cmp3-uncordon',8,'pending',0,0,NULL,NULL,NULL,'');
INSERT INTO "step" VALUES('261122-3af0fa','cmp3-upgrade',7,'pending',0,0,NULL,NULL,NULL,'');
INSERT INTO "step" VALUES('261122-3af0fa','cmp4-cordon',9,'pending',0,0,NULL,NULL,NULL,'');
INSERT INTO "step" VALUES('261122-3af0fa','cmp4-uncordon',11,'pending',0,0,NULL,NULL,NULL,'');
INSERT INTO "step" VALUES('261122-3af0fa','cmp4-upgrade',10,'pending',0,0,NULL,NULL,NULL,'');
CREATE INDEX run_by_cloud ON run (cloud, created_at);
CREATE INDEX command_unsettled ON command (run, result);
COMMIT;
