SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;
CREATE FUNCTION public.event_append_only() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN RAISE EXCEPTION 'events can only be added'; END $$;
SET default_tablespace = '';
SET default_table_access_method = heap;
CREATE TABLE public.alembic_version (
    version_num character varying(32) NOT NULL
);
CREATE TABLE public.attempt (
    run character varying(40) NOT NULL,
    step text NOT NULL,
    number integer NOT NULL,
    started_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    result character varying(16),
    returncode integer,
    reason text NOT NULL,
    facts json NOT NULL,
    undo boolean NOT NULL
);
CREATE TABLE public.command (
    id character varying(64) NOT NULL,
    run character varying(40) NOT NULL,
    kind character varying(16) NOT NULL,
    step text,
    actor text NOT NULL,
    reason text NOT NULL,
    at timestamp with time zone NOT NULL,
    result character varying(16),
    answer text NOT NULL,
    details json DEFAULT '{}'::json NOT NULL
);
CREATE TABLE public.delivery_script (
    name text NOT NULL
);
CREATE TABLE public.dispatch (
    run character varying(40) NOT NULL,
    step text NOT NULL,
    number integer NOT NULL,
    queue text NOT NULL,
    document json NOT NULL,
    state character varying(16) NOT NULL,
    worker character varying(64),
    fence integer,
    ends boolean NOT NULL,
    ending json,
    output bigint NOT NULL,
    queued_at double precision NOT NULL,
    claimed_at double precision,
    ended_at double precision
);
CREATE TABLE public.dispatch_output (
    run character varying(40) NOT NULL,
    step text NOT NULL,
    number integer NOT NULL,
    file text NOT NULL,
    "offset" bigint NOT NULL,
    data bytea NOT NULL
);
CREATE TABLE public.effect (
    run character varying(40) NOT NULL,
    id text NOT NULL,
    kind character varying(32) NOT NULL,
    subject text NOT NULL,
    step text NOT NULL,
    binding text NOT NULL,
    state character varying(16) NOT NULL,
    at timestamp with time zone NOT NULL,
    details json NOT NULL,
    ended_at timestamp with time zone,
    note text NOT NULL
);
CREATE TABLE public.event (
    run character varying(40) NOT NULL,
    seq integer NOT NULL,
    at timestamp with time zone NOT NULL,
    kind character varying(32) NOT NULL,
    step text,
    attempt integer,
    data json NOT NULL
);
CREATE TABLE public.kept_plan (
    hash character varying(80) NOT NULL,
    cloud text NOT NULL,
    source character varying(16) NOT NULL,
    target character varying(16) NOT NULL,
    steps integer NOT NULL,
    made_at timestamp with time zone NOT NULL,
    actor text NOT NULL
);
CREATE TABLE public.lease (
    cloud text NOT NULL,
    fence integer NOT NULL,
    holder character varying(64),
    lock character varying(64) NOT NULL,
    host text NOT NULL,
    pid integer NOT NULL,
    run character varying(40),
    until double precision NOT NULL
);
CREATE TABLE public.notice (
    channel character varying(80) NOT NULL,
    run character varying(40) NOT NULL,
    seq integer NOT NULL,
    again integer NOT NULL,
    kind character varying(64) NOT NULL,
    document json NOT NULL,
    made_at timestamp with time zone NOT NULL,
    state character varying(16) NOT NULL,
    tries integer NOT NULL,
    next_at timestamp with time zone NOT NULL,
    claimed_until timestamp with time zone,
    sent_at timestamp with time zone,
    answer text NOT NULL
);
CREATE TABLE public.notice_channel (
    name character varying(80) NOT NULL,
    since timestamp with time zone NOT NULL
);
CREATE TABLE public.notice_mark (
    channel character varying(80) NOT NULL,
    run character varying(40) NOT NULL,
    seq integer NOT NULL
);
CREATE TABLE public.plan (
    hash character varying(80) NOT NULL,
    document json NOT NULL
);
CREATE TABLE public.plan_step (
    plan character varying(80) NOT NULL,
    "position" integer NOT NULL,
    id text NOT NULL,
    sort text NOT NULL,
    document json NOT NULL
);
CREATE TABLE public.receipt (
    key character varying(255) NOT NULL,
    who character varying(40) NOT NULL,
    digest character varying(80) NOT NULL,
    at timestamp with time zone NOT NULL,
    status integer,
    headers json NOT NULL,
    body bytea NOT NULL
);
CREATE TABLE public.run (
    id character varying(40) NOT NULL,
    cloud text NOT NULL,
    plan_hash character varying(80) NOT NULL,
    source character varying(16) NOT NULL,
    target character varying(16) NOT NULL,
    state character varying(16) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    started_at timestamp with time zone,
    ended_at timestamp with time zone,
    approve_all boolean NOT NULL,
    actor text NOT NULL,
    reason text NOT NULL,
    options json NOT NULL,
    intent character varying(16) DEFAULT 'go'::character varying NOT NULL
);
CREATE TABLE public.session (
    digest character varying(80) NOT NULL,
    token character varying(40) NOT NULL,
    made_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL
);
CREATE TABLE public.sighting (
    id character varying(40) NOT NULL,
    cloud text NOT NULL,
    release character varying(16) NOT NULL,
    hosts integer NOT NULL,
    services integer NOT NULL,
    at timestamp with time zone NOT NULL,
    actor text NOT NULL,
    document json NOT NULL
);
CREATE TABLE public.step (
    run character varying(40) NOT NULL,
    id text NOT NULL,
    "position" integer NOT NULL,
    state character varying(16) NOT NULL,
    attempt integer NOT NULL,
    approved boolean NOT NULL,
    started_at timestamp with time zone,
    worked_at timestamp with time zone,
    ended_at timestamp with time zone,
    reason text NOT NULL,
    retries integer DEFAULT 0 NOT NULL
);
CREATE TABLE public.token (
    id character varying(40) NOT NULL,
    name text NOT NULL,
    digest character varying(80) NOT NULL,
    rights json NOT NULL,
    made_at timestamp with time zone NOT NULL,
    made_by text NOT NULL,
    expires_at timestamp with time zone,
    revoked_at timestamp with time zone
);
CREATE TABLE public.worker (
    id character varying(64) NOT NULL,
    name text NOT NULL,
    host text NOT NULL,
    pid integer NOT NULL,
    boot character varying(64) NOT NULL,
    queues json NOT NULL,
    jobs integer NOT NULL,
    fence integer NOT NULL,
    beats integer NOT NULL,
    seen_at double precision NOT NULL,
    gone_after double precision NOT NULL
);
INSERT INTO public.alembic_version VALUES ('0004');
INSERT INTO public.attempt VALUES ('261123-4ea1fb', 'cmp1-upgrade', 1, '2026-11-23 12:27:20.432224+00', NULL, NULL, NULL, '', '{}', false);
INSERT INTO public.attempt VALUES ('261123-4ea1fb', 'cmp2-upgrade', 1, '2026-11-23 12:27:20.432224+00', NULL, NULL, NULL, '', '{}', false);
INSERT INTO public.attempt VALUES ('261123-4ea1fb', 'cmp1-cordon', 1, '2026-11-23 12:27:13.765294+00', '2026-11-23 12:27:19.906541+00', 'done', 0, '', '{}', false);
INSERT INTO public.attempt VALUES ('261123-4ea1fb', 'cmp2-cordon', 1, '2026-11-23 12:27:13.765294+00', '2026-11-23 12:27:19.957259+00', 'done', 0, '', '{}', false);
INSERT INTO public.event VALUES ('261123-4ea1fb', 1, '2026-11-23 12:27:13.705442+00', 'run.created', NULL, NULL, '{"plan":"2c02529dce3e319b2afa4dd655d515cca8c6490f92dc6828aa3f84dc51e0b38a","actor":"ann"}');
INSERT INTO public.event VALUES ('261123-4ea1fb', 2, '2026-11-23 12:27:13.731695+00', 'run.started', NULL, NULL, '{"plan":"2c02529dce3e319b2afa4dd655d515cca8c6490f92dc6828aa3f84dc51e0b38a","approve_all":false}');
INSERT INTO public.event VALUES ('261123-4ea1fb', 3, '2026-11-23 12:27:13.765294+00', 'step.started', 'cmp1-cordon', 1, '{}');
INSERT INTO public.event VALUES ('261123-4ea1fb', 4, '2026-11-23 12:27:13.765294+00', 'step.started', 'cmp2-cordon', 1, '{}');
INSERT INTO public.event VALUES ('261123-4ea1fb', 5, '2026-11-23 12:27:20.432224+00', 'step.done', 'cmp1-cordon', 1, '{"returncode":0}');
INSERT INTO public.event VALUES ('261123-4ea1fb', 6, '2026-11-23 12:27:20.432224+00', 'step.done', 'cmp2-cordon', 1, '{"returncode":0}');
INSERT INTO public.event VALUES ('261123-4ea1fb', 7, '2026-11-23 12:27:20.432224+00', 'step.started', 'cmp1-upgrade', 1, '{}');
INSERT INTO public.event VALUES ('261123-4ea1fb', 8, '2026-11-23 12:27:20.432224+00', 'step.started', 'cmp2-upgrade', 1, '{}');
INSERT INTO public.lease VALUES ('lab', 1, '74bf9be59f4940b1bf284de0aac9e203', '413e6eba5f8f45368ea7a4c6051aa043', 'ctl1', 13605, '261123-4ea1fb', 1795436870.710099);
INSERT INTO public.plan VALUES ('2c02529dce3e319b2afa4dd655d515cca8c6490f92dc6828aa3f84dc51e0b38a', '{"schema":"stairlift.plan/1","hash":"2c02529dce3e319b2afa4dd655d515cca8c6490f92dc6828aa3f84dc51e0b38a","cloud":"lab","from":"2025.1","to":"2026.1","hops":["2026.1"],"sources":[],"os_cloud":null,"policy":{},"windows":{"plane:resource":2},"budgets":{"plane:resource":0},"on_failure":"stop","waivers":[],"left_out":[],"strategies":[{"id":"command","use":"command","match":{},"options":{"argv":["true"],"undo":["true","undo"]},"concurrency":"host","can_undo":true,"files":{},"versions":{}}],"placement":{"cmp1":["nova-compute"],"cmp2":["nova-compute"],"cmp3":["nova-compute"],"cmp4":["nova-compute"]},"steps":12,"findings":[]}');
INSERT INTO public.plan_step VALUES ('2c02529dce3e319b2afa4dd655d515cca8c6490f92dc6828aa3f84dc51e0b38a', 0, 'cmp1-cordon', 'cordon nova-compute command', '{"id":"cmp1-cordon","action":"cordon","stage":"compute","plane":"resource","project":"nova","services":["nova-compute"],"hosts":["cmp1"],"strategy":"command","needs":[],"after":[],"reason":"a test asked for it","reversibility":"parking","from":"2025.1","to":"2026.1","unit":"cmp1","slots":["plane:resource"],"budgets":["plane:resource"]}');
INSERT INTO public.plan_step VALUES ('2c02529dce3e319b2afa4dd655d515cca8c6490f92dc6828aa3f84dc51e0b38a', 1, 'cmp1-upgrade', 'upgrade nova-compute command', '{"id":"cmp1-upgrade","action":"upgrade","stage":"compute","plane":"resource","project":"nova","services":["nova-compute"],"hosts":["cmp1"],"strategy":"command","needs":["cmp1-cordon"],"after":[],"reason":"a test asked for it","reversibility":"parking","from":"2025.1","to":"2026.1","unit":"cmp1","slots":["plane:resource"],"budgets":["plane:resource"]}');
INSERT INTO public.plan_step VALUES ('2c02529dce3e319b2afa4dd655d515cca8c6490f92dc6828aa3f84dc51e0b38a', 2, 'cmp1-uncordon', 'uncordon nova-compute command', '{"id":"cmp1-uncordon","action":"uncordon","stage":"compute","plane":"resource","project":"nova","services":["nova-compute"],"hosts":["cmp1"],"strategy":"command","needs":["cmp1-upgrade"],"after":[],"reason":"a test asked for it","reversibility":"parking","from":"2025.1","to":"2026.1","unit":"cmp1","slots":["plane:resource"],"budgets":["plane:resource"]}');
INSERT INTO public.plan_step VALUES ('2c02529dce3e319b2afa4dd655d515cca8c6490f92dc6828aa3f84dc51e0b38a', 3, 'cmp2-cordon', 'cordon nova-compute command', '{"id":"cmp2-cordon","action":"cordon","stage":"compute","plane":"resource","project":"nova","services":["nova-compute"],"hosts":["cmp2"],"strategy":"command","needs":[],"after":[],"reason":"a test asked for it","reversibility":"parking","from":"2025.1","to":"2026.1","unit":"cmp2","slots":["plane:resource"],"budgets":["plane:resource"]}');
INSERT INTO public.plan_step VALUES ('2c02529dce3e319b2afa4dd655d515cca8c6490f92dc6828aa3f84dc51e0b38a', 4, 'cmp2-upgrade', 'upgrade nova-compute command', '{"id":"cmp2-upgrade","action":"upgrade","stage":"compute","plane":"resource","project":"nova","services":["nova-compute"],"hosts":["cmp2"],"strategy":"command","needs":["cmp2-cordon"],"after":[],"reason":"a test asked for it","reversibility":"parking","from":"2025.1","to":"2026.1","unit":"cmp2","slots":["plane:resource"],"budgets":["plane:resource"]}');
INSERT INTO public.plan_step VALUES ('2c02529dce3e319b2afa4dd655d515cca8c6490f92dc6828aa3f84dc51e0b38a', 5, 'cmp2-uncordon', 'uncordon nova-compute command', '{"id":"cmp2-uncordon","action":"uncordon","stage":"compute","plane":"resource","project":"nova","services":["nova-compute"],"hosts":["cmp2"],"strategy":"command","needs":["cmp2-upgrade"],"after":[],"reason":"a test asked for it","reversibility":"parking","from":"2025.1","to":"2026.1","unit":"cmp2","slots":["plane:resource"],"budgets":["plane:resource"]}');
INSERT INTO public.plan_step VALUES ('2c02529dce3e319b2afa4dd655d515cca8c6490f92dc6828aa3f84dc51e0b38a', 6, 'cmp3-cordon', 'cordon nova-compute command', '{"id":"cmp3-cordon","action":"cordon","stage":"compute","plane":"resource","project":"nova","services":["nova-compute"],"hosts":["cmp3"],"strategy":"command","needs":[],"after":[],"reason":"a test asked for it","reversibility":"parking","from":"2025.1","to":"2026.1","unit":"cmp3","slots":["plane:resource"],"budgets":["plane:resource"]}');
INSERT INTO public.plan_step VALUES ('2c02529dce3e319b2afa4dd655d515cca8c6490f92dc6828aa3f84dc51e0b38a', 7, 'cmp3-upgrade', 'upgrade nova-compute command', '{"id":"cmp3-upgrade","action":"upgrade","stage":"compute","plane":"resource","project":"nova","services":["nova-compute"],"hosts":["cmp3"],"strategy":"command","needs":["cmp3-cordon"],"after":[],"reason":"a test asked for it","reversibility":"parking","from":"2025.1","to":"2026.1","unit":"cmp3","slots":["plane:resource"],"budgets":["plane:resource"]}');
INSERT INTO public.plan_step VALUES ('2c02529dce3e319b2afa4dd655d515cca8c6490f92dc6828aa3f84dc51e0b38a', 8, 'cmp3-uncordon', 'uncordon nova-compute command', '{"id":"cmp3-uncordon","action":"uncordon","stage":"compute","plane":"resource","project":"nova","services":["nova-compute"],"hosts":["cmp3"],"strategy":"command","needs":["cmp3-upgrade"],"after":[],"reason":"a test asked for it","reversibility":"parking","from":"2025.1","to":"2026.1","unit":"cmp3","slots":["plane:resource"],"budgets":["plane:resource"]}');
INSERT INTO public.plan_step VALUES ('2c02529dce3e319b2afa4dd655d515cca8c6490f92dc6828aa3f84dc51e0b38a', 9, 'cmp4-cordon', 'cordon nova-compute command', '{"id":"cmp4-cordon","action":"cordon","stage":"compute","plane":"resource","project":"nova","services":["nova-compute"],"hosts":["cmp4"],"strategy":"command","needs":[],"after":[],"reason":"a test asked for it","reversibility":"parking","from":"2025.1","to":"2026.1","unit":"cmp4","slots":["plane:resource"],"budgets":["plane:resource"]}');
INSERT INTO public.plan_step VALUES ('2c02529dce3e319b2afa4dd655d515cca8c6490f92dc6828aa3f84dc51e0b38a', 10, 'cmp4-upgrade', 'upgrade nova-compute command', '{"id":"cmp4-upgrade","action":"upgrade","stage":"compute","plane":"resource","project":"nova","services":["nova-compute"],"hosts":["cmp4"],"strategy":"command","needs":["cmp4-cordon"],"after":[],"reason":"a test asked for it","reversibility":"parking","from":"2025.1","to":"2026.1","unit":"cmp4","slots":["plane:resource"],"budgets":["plane:resource"]}');
INSERT INTO public.plan_step VALUES ('2c02529dce3e319b2afa4dd655d515cca8c6490f92dc6828aa3f84dc51e0b38a', 11, 'cmp4-uncordon', 'uncordon nova-compute command', '{"id":"cmp4-uncordon","action":"uncordon","stage":"compute","plane":"resource","project":"nova","services":["nova-compute"],"hosts":["cmp4"],"strategy":"command","needs":["cmp4-upgrade"],"after":[],"reason":"a test asked for it","reversibility":"parking","from":"2025.1","to":"2026.1","unit":"cmp4","slots":["plane:resource"],"budgets":["plane:resource"]}');
INSERT INTO public.run VALUES ('261123-4ea1fb', 'lab', '2c02529dce3e319b2afa4dd655d515cca8c6490f92dc6828aa3f84dc51e0b38a', '2025.1', '2026.1', 'running', '2026-11-23 12:27:13.705442+00', '2026-11-23 12:27:13.731695+00', NULL, false, 'ann', '', '{}', 'go');
INSERT INTO public.step VALUES ('261123-4ea1fb', 'cmp1-uncordon', 2, 'pending', 0, false, NULL, NULL, NULL, '', 0);
INSERT INTO public.step VALUES ('261123-4ea1fb', 'cmp2-uncordon', 5, 'pending', 0, false, NULL, NULL, NULL, '', 0);
INSERT INTO public.step VALUES ('261123-4ea1fb', 'cmp3-cordon', 6, 'pending', 0, false, NULL, NULL, NULL, '', 0);
INSERT INTO public.step VALUES ('261123-4ea1fb', 'cmp3-upgrade', 7, 'pending', 0, false, NULL, NULL, NULL, '', 0);
INSERT INTO public.step VALUES ('261123-4ea1fb', 'cmp3-uncordon', 8, 'pending', 0, false, NULL, NULL, NULL, '', 0);
INSERT INTO public.step VALUES ('261123-4ea1fb', 'cmp4-cordon', 9, 'pending', 0, false, NULL, NULL, NULL, '', 0);
INSERT INTO public.step VALUES ('261123-4ea1fb', 'cmp4-upgrade', 10, 'pending', 0, false, NULL, NULL, NULL, '', 0);
INSERT INTO public.step VALUES ('261123-4ea1fb', 'cmp4-uncordon', 11, 'pending', 0, false, NULL, NULL, NULL, '', 0);
INSERT INTO public.step VALUES ('261123-4ea1fb', 'cmp1-cordon', 0, 'done', 1, false, '2026-11-23 12:27:13.765294+00', '2026-11-23 12:27:19.906541+00', '2026-11-23 12:27:20.432224+00', '', 0);
INSERT INTO public.step VALUES ('261123-4ea1fb', 'cmp2-cordon', 3, 'done', 1, false, '2026-11-23 12:27:13.765294+00', '2026-11-23 12:27:19.957259+00', '2026-11-23 12:27:20.432224+00', '', 0);
INSERT INTO public.step VALUES ('261123-4ea1fb', 'cmp1-upgrade', 1, 'running', 1, false, '2026-11-23 12:27:20.432224+00', NULL, NULL, '', 0);
INSERT INTO public.step VALUES ('261123-4ea1fb', 'cmp2-upgrade', 4, 'running', 1, false, '2026-11-23 12:27:20.432224+00', NULL, NULL, '', 0);
ALTER TABLE ONLY public.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY public.attempt
    ADD CONSTRAINT attempt_pkey PRIMARY KEY (run, step, number);
ALTER TABLE ONLY public.command
    ADD CONSTRAINT command_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.delivery_script
    ADD CONSTRAINT delivery_script_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.dispatch_output
    ADD CONSTRAINT dispatch_output_pkey PRIMARY KEY (run, step, number, file, "offset");
ALTER TABLE ONLY public.dispatch
    ADD CONSTRAINT dispatch_pkey PRIMARY KEY (run, step, number);
ALTER TABLE ONLY public.effect
    ADD CONSTRAINT effect_pkey PRIMARY KEY (run, id);
ALTER TABLE ONLY public.event
    ADD CONSTRAINT event_pkey PRIMARY KEY (run, seq);
ALTER TABLE ONLY public.kept_plan
    ADD CONSTRAINT kept_plan_pkey PRIMARY KEY (hash);
ALTER TABLE ONLY public.lease
    ADD CONSTRAINT lease_pkey PRIMARY KEY (cloud);
ALTER TABLE ONLY public.notice_channel
    ADD CONSTRAINT notice_channel_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.notice_mark
    ADD CONSTRAINT notice_mark_pkey PRIMARY KEY (channel, run);
ALTER TABLE ONLY public.notice
    ADD CONSTRAINT notice_pkey PRIMARY KEY (channel, run, seq, again);
ALTER TABLE ONLY public.plan
    ADD CONSTRAINT plan_pkey PRIMARY KEY (hash);
ALTER TABLE ONLY public.plan_step
    ADD CONSTRAINT plan_step_pkey PRIMARY KEY (plan, "position");
ALTER TABLE ONLY public.receipt
    ADD CONSTRAINT receipt_pkey PRIMARY KEY (key, who);
ALTER TABLE ONLY public.run
    ADD CONSTRAINT run_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.session
    ADD CONSTRAINT session_pkey PRIMARY KEY (digest);
ALTER TABLE ONLY public.sighting
    ADD CONSTRAINT sighting_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.step
    ADD CONSTRAINT step_pkey PRIMARY KEY (run, id);
ALTER TABLE ONLY public.token
    ADD CONSTRAINT token_digest_key UNIQUE (digest);
ALTER TABLE ONLY public.token
    ADD CONSTRAINT token_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.worker
    ADD CONSTRAINT worker_pkey PRIMARY KEY (id);
CREATE INDEX command_unsettled ON public.command USING btree (run, result);
CREATE INDEX dispatch_by_worker ON public.dispatch USING btree (worker, state);
CREATE INDEX kept_plan_by_time ON public.kept_plan USING btree (made_at, hash);
CREATE INDEX notice_due ON public.notice USING btree (state, next_at);
CREATE UNIQUE INDEX plan_step_by_id ON public.plan_step USING btree (plan, id);
CREATE INDEX plan_step_by_sort ON public.plan_step USING btree (plan, sort, "position");
CREATE INDEX run_by_cloud ON public.run USING btree (cloud, created_at);
CREATE INDEX sighting_by_cloud ON public.sighting USING btree (cloud, id);
CREATE TRIGGER event_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.event FOR EACH STATEMENT EXECUTE FUNCTION public.event_append_only();
ALTER TABLE ONLY public.attempt
    ADD CONSTRAINT attempt_run_fkey FOREIGN KEY (run) REFERENCES public.run(id);
ALTER TABLE ONLY public.command
    ADD CONSTRAINT command_run_fkey FOREIGN KEY (run) REFERENCES public.run(id);
ALTER TABLE ONLY public.effect
    ADD CONSTRAINT effect_run_fkey FOREIGN KEY (run) REFERENCES public.run(id);
ALTER TABLE ONLY public.event
    ADD CONSTRAINT event_run_fkey FOREIGN KEY (run) REFERENCES public.run(id);
ALTER TABLE ONLY public.kept_plan
    ADD CONSTRAINT kept_plan_hash_fkey FOREIGN KEY (hash) REFERENCES public.plan(hash);
ALTER TABLE ONLY public.notice_mark
    ADD CONSTRAINT notice_mark_run_fkey FOREIGN KEY (run) REFERENCES public.run(id);
ALTER TABLE ONLY public.notice
    ADD CONSTRAINT notice_run_fkey FOREIGN KEY (run) REFERENCES public.run(id);
ALTER TABLE ONLY public.plan_step
    ADD CONSTRAINT plan_step_plan_fkey FOREIGN KEY (plan) REFERENCES public.plan(hash);
ALTER TABLE ONLY public.run
    ADD CONSTRAINT run_plan_hash_fkey FOREIGN KEY (plan_hash) REFERENCES public.plan(hash);
ALTER TABLE ONLY public.session
    ADD CONSTRAINT session_token_fkey FOREIGN KEY (token) REFERENCES public.token(id);
ALTER TABLE ONLY public.step
    ADD CONSTRAINT step_run_fkey FOREIGN KEY (run) REFERENCES public.run(id);
