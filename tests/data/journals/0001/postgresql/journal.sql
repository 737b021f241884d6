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
    answer text NOT NULL
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
CREATE TABLE public.plan (
    hash character varying(80) NOT NULL,
    document json NOT NULL
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
    options json NOT NULL
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
    reason text NOT NULL
);
INSERT INTO public.alembic_version VALUES ('0001');
INSERT INTO public.attempt VALUES ('261122-50c3a0', 'cmp1-upgrade', 1, '2026-11-22 22:38:48.051183+00', NULL, NULL, NULL, '', '{}', false);
INSERT INTO public.attempt VALUES ('261122-50c3a0', 'cmp1-cordon', 1, '2026-11-22 22:38:47.596192+00', '2026-11-22 22:38:48.043991+00', 'done', 0, '', '{}', false);
INSERT INTO public.attempt VALUES ('261122-50c3a0', 'cmp2-upgrade', 1, '2026-11-22 22:38:48.063509+00', NULL, NULL, NULL, '', '{}', false);
INSERT INTO public.attempt VALUES ('261122-50c3a0', 'cmp2-cordon', 1, '2026-11-22 22:38:47.596192+00', '2026-11-22 22:38:48.050506+00', 'done', 0, '', '{}', false);
INSERT INTO public.event VALUES ('261122-50c3a0', 1, '2026-11-22 22:38:47.577662+00', 'run.created', NULL, NULL, '{"plan":"6df3d04d40340d2f15dcf07d58feb3a1906b4d3cd802acb20ffd6c70235ad9ea","actor":"ann"}');
INSERT INTO public.event VALUES ('261122-50c3a0', 2, '2026-11-22 22:38:47.593987+00', 'run.started', NULL, NULL, '{"plan":"6df3d04d40340d2f15dcf07d58feb3a1906b4d3cd802acb20ffd6c70235ad9ea","approve_all":false}');
INSERT INTO public.event VALUES ('261122-50c3a0', 3, '2026-11-22 22:38:47.596192+00', 'step.started', 'cmp1-cordon', 1, '{}');
INSERT INTO public.event VALUES ('261122-50c3a0', 4, '2026-11-22 22:38:47.596192+00', 'step.started', 'cmp2-cordon', 1, '{}');
INSERT INTO public.event VALUES ('261122-50c3a0', 5, '2026-11-22 22:38:48.051183+00', 'step.done', 'cmp1-cordon', 1, '{"returncode":0}');
INSERT INTO public.event VALUES ('261122-50c3a0', 6, '2026-11-22 22:38:48.051183+00', 'step.started', 'cmp1-upgrade', 1, '{}');
INSERT INTO public.event VALUES ('261122-50c3a0', 7, '2026-11-22 22:38:48.063509+00', 'step.done', 'cmp2-cordon', 1, '{"returncode":0}');
INSERT INTO public.event VALUES ('261122-50c3a0', 8, '2026-11-22 22:38:48.063509+00', 'step.started', 'cmp2-upgrade', 1, '{}');
INSERT INTO public.lease VALUES ('lab', 1, '069a080d4ecb49fba6c54494cf55c2ce', '71776099cc9f4e899eb3248ef7eb9afe', 'ctl1', 20257, '261122-50c3a0', 1795387158.065372);
INSERT INTO public.plan VALUES ('6df3d04d40340d2f15dcf07d58feb3a1906b4d3cd802acb20ffd6c70235ad9ea', '{"schema":"stairlift.plan/1","hash":"6df3d04d40340d2f15dcf07d58feb3a1906b4d3cd802acb20ffd6c70235ad9ea","cloud":"lab","from":"2025.1","to":"2026.1","hops":["2026.1"],"sources":[],"os_cloud":null,"policy":{},"windows":{"plane:resource":2},"budgets":{"plane:resource":0},"on_failure":"stop","waivers":[],"left_out":[],"strategies":[{"id":"command","use":"command","match":{},"options":{"argv":["true"]},"concurrency":"host","can_undo":false,"files":{},"versions":{}}],"placement":{"cmp1":["nova-compute"],"cmp2":["nova-compute"],"cmp3":["nova-compute"],"cmp4":["nova-compute"]},"steps":[{"id":"cmp1-cordon","action":"cordon","stage":"compute","plane":"resource","project":"nova","services":["nova-compute"],"hosts":["cmp1"],"strategy":"command","needs":[],"after":[],"reason":"a test asked for it","reversibility":"parking","from":"2025.1","to":"2026.1","unit":"cmp1","slots":["plane:resource"],"budgets":["plane:resource"]},{"id":"cmp1-upgrade","action":"upgrade","stage":"compute","plane":"resource","project":"nova","services":["nova-compute"],"hosts":["cmp1"],"strategy":"command","needs":["cmp1-cordon"],"after":[],"reason":"a test asked for it","reversibility":"parking","from":"2025.1","to":"2026.1","unit":"cmp1","slots":["plane:resource"],"budgets":["plane:resource"]},{"id":"cmp1-uncordon","action":"uncordon","stage":"compute","plane":"resource","project":"nova","services":["nova-compute"],"hosts":["cmp1"],"strategy":"command","needs":["cmp1-upgrade"],"after":[],"reason":"a test asked for it","reversibility":"parking","from":"2025.1","to":"2026.1","unit":"cmp1","slots":["plane:resource"],"budgets":["plane:resource"]},{"id":"cmp2-cordon","action":"cordon","stage":"compute","plane":"resource","project":"nova","services":["nova-compute"],"hosts":["cmp2"],"strategy":"command","needs":[],"after":[],"reason":"a test asked for it","reversibility":"parking","from":"2025.1","to":"2026.1","unit":"cmp2","slots":["plane:resource"],"budgets":["plane:resource"]},{"id":"cmp2-upgrade","action":"upgrade","stage":"compute","plane":"resource","project":"nova","services":["nova-compute"],"hosts":["cmp2"],"strategy":"command","needs":["cmp2-cordon"],"after":[],"reason":"a test asked for it","reversibility":"parking","from":"2025.1","to":"2026.1","unit":"cmp2","slots":["plane:resource"],"budgets":["plane:resource"]},{"id":"cmp2-uncordon","action":"uncordon","stage":"compute","plane":"resource","project":"nova","services":["nova-compute"],"hosts":["cmp2"],"strategy":"command","needs":["cmp2-upgrade"],"after":[],"reason":"a test asked for it","reversibility":"parking","from":"2025.1","to":"2026.1","unit":"cmp2","slots":["plane:resource"],"budgets":["plane:resource"]},{"id":"cmp3-cordon","action":"cordon","stage":"compute","plane":"resource","project":"nova","services":["nova-compute"],"hosts":["cmp3"],"strategy":"command","needs":[],"after":[],"reason":"a test asked for it","reversibility":"parking","from":"2025.1","to":"2026.1","unit":"cmp3","slots":["plane:resource"],"budgets":["plane:resource"]},{"id":"cmp3-upgrade","action":"upgrade","stage":"compute","plane":"resource","project":"nova","services":["nova-compute"],"hosts":["cmp3"],"strategy":"command","needs":["cmp3-cordon"],"after":[],"reason":"a test asked for it","reversibility":"parking","from":"2025.1","to":"2026.1","unit":"cmp3","slots":["plane:resource"],"budgets":["plane:resource"]},{"id":"cmp3-uncordon","action":"uncordon","stage":"compute","plane":"resource","project":"nova","services":["nova-compute"],"hosts":["cmp3"],"strategy":"command","needs":["cmp3-upgrade"],"after":[],"reason":"a test asked for it","reversibility":"parking","from":"2025.1","to":"2026.1","unit":"cmp3","slots":["plane:resource"],"budgets":["plane:resource"]},{"id":"cmp4-cordon","action":"cordon","stage":"compute","plane":"resource","project":"nova","services":["nova-compute"],"hosts":["cmp4"],"strategy":"command","needs":[],"after":[],"reason":"a test asked for it","reversibility":"parking","from":"2025.1","to":"2026.1","unit":"cmp4","slots":["plane:resource"],"budgets":["plane:resource"]},{"id":"cmp4-upgrade","action":"upgrade","stage":"compute","plane":"resource","project":"nova","services":["nova-compute"],"hosts":["cmp4"],"strategy":"command","needs":["cmp4-cordon"],"after":[],"reason":"a test asked for it","reversibility":"parking","from":"2025.1","to":"2026.1","unit":"cmp4","slots":["plane:resource"],"budgets":["plane:resource"]},{"id":"cmp4-uncordon","action":"uncordon","stage":"compute","plane":"resource","project":"nova","services":["nova-compute"],"hosts":["cmp4"],"strategy":"command","needs":["cmp4-upgrade"],"after":[],"reason":"a test asked for it","reversibility":"parking","from":"2025.1","to":"2026.1","unit":"cmp4","slots":["plane:resource"],"budgets":["plane:resource"]}],"findings":[]}');
INSERT INTO public.run VALUES ('261122-50c3a0', 'lab', '6df3d04d40340d2f15dcf07d58feb3a1906b4d3cd802acb20ffd6c70235ad9ea', '2025.1', '2026.1', 'running', '2026-11-22 22:38:47.577662+00', '2026-11-22 22:38:47.593987+00', NULL, false, 'ann', '', '{}');
INSERT INTO public.step VALUES ('261122-50c3a0', 'cmp1-uncordon', 2, 'pending', 0, false, NULL, NULL, NULL, '');
INSERT INTO public.step VALUES ('261122-50c3a0', 'cmp2-uncordon', 5, 'pending', 0, false, NULL, NULL, NULL, '');
INSERT INTO public.step VALUES ('261122-50c3a0', 'cmp3-cordon', 6, 'pending', 0, false, NULL, NULL, NULL, '');
INSERT INTO public.step VALUES ('261122-50c3a0', 'cmp3-upgrade', 7, 'pending', 0, false, NULL, NULL, NULL, '');
INSERT INTO public.step VALUES ('261122-50c3a0', 'cmp3-uncordon', 8, 'pending', 0, false, NULL, NULL, NULL, '');
INSERT INTO public.step VALUES ('261122-50c3a0', 'cmp4-cordon', 9, 'pending', 0, false, NULL, NULL, NULL, '');
INSERT INTO public.step VALUES ('261122-50c3a0', 'cmp4-upgrade', 10, 'pending', 0, false, NULL, NULL, NULL, '');
INSERT INTO public.step VALUES ('261122-50c3a0', 'cmp4-uncordon', 11, 'pending', 0, false, NULL, NULL, NULL, '');
INSERT INTO public.step VALUES ('261122-50c3a0', 'cmp1-cordon', 0, 'done', 1, false, '2026-11-22 22:38:47.596192+00', '2026-11-22 22:38:48.043991+00', '2026-11-22 22:38:48.051183+00', '');
INSERT INTO public.step VALUES ('261122-50c3a0', 'cmp1-upgrade', 1, 'running', 1, false, '2026-11-22 22:38:48.051183+00', NULL, NULL, '');
INSERT INTO public.step VALUES ('261122-50c3a0', 'cmp2-cordon', 3, 'done', 1, false, '2026-11-22 22:38:47.596192+00', '2026-11-22 22:38:48.050506+00', '2026-11-22 22:38:48.063509+00', '');
INSERT INTO public.step VALUES ('261122-50c3a0', 'cmp2-upgrade', 4, 'running', 1, false, '2026-11-22 22:38:48.063509+00', NULL, NULL, '');
ALTER TABLE ONLY public.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY public.attempt
    ADD CONSTRAINT attempt_pkey PRIMARY KEY (run, step, number);
ALTER TABLE ONLY public.command
    ADD CONSTRAINT command_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.event
    ADD CONSTRAINT event_pkey PRIMARY KEY (run, seq);
ALTER TABLE ONLY public.lease
    ADD CONSTRAINT lease_pkey PRIMARY KEY (cloud);
ALTER TABLE ONLY public.plan
    ADD CONSTRAINT plan_pkey PRIMARY KEY (hash);
ALTER TABLE ONLY public.run
    ADD CONSTRAINT run_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.step
    ADD CONSTRAINT step_pkey PRIMARY KEY (run, id);
CREATE INDEX command_unsettled ON public.command USING btree (run, result);
CREATE INDEX run_by_cloud ON public.run USING btree (cloud, created_at);
ALTER TABLE ONLY public.attempt
    ADD CONSTRAINT attempt_run_fkey FOREIGN KEY (run) REFERENCES public.run(id);
ALTER TABLE ONLY public.command
    ADD CONSTRAINT command_run_fkey FOREIGN KEY (run) REFERENCES public.run(id);
ALTER TABLE ONLY public.event
    ADD CONSTRAINT event_run_fkey FOREIGN KEY (run) REFERENCES public.run(id);
ALTER TABLE ONLY public.run
    ADD CONSTRAINT run_plan_hash_fkey FOREIGN KEY (plan_hash) REFERENCES public.plan(hash);
ALTER TABLE ONLY public.step
    ADD CONSTRAINT step_run_fkey FOREIGN KEY (run) REFERENCES public.run(id);
