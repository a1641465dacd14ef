-- What a ledger of schema 0001 held: each state once, with all that its columns can hold, and a row of every other kind.
INSERT INTO deliveries VALUES (1, 'outbox', 'town', 'air', '2026-12-01', '09:00', 'town', '2026-12-01 09:00:00.000000', 21600.0, 'sent', 'one', 'd1', 2, '{"text": "One. #CleanAir", "words": "One.", "link": "", "hashtags": ["#CleanAir"], "title": "", "language": "es", "image": {"file": "a.png", "alt": "A lane"}, "fields": []}', 2520, 's1', 1, NULL, '{"key": "k", "text": "One. #CleanAir"}', 'r1', 'https://example.org/1', '', 0, '["facts"]');
INSERT INTO deliveries VALUES (2, 'outbox', 'town', 'air', '2026-12-01', '17:30', 'town', '2026-12-01 17:30:00.000000', 21600.0, 'uncertain', 'two', 'd2', 1, '{"text": "Two.", "words": "Two.", "link": "", "hashtags": [], "title": "", "language": "en", "image": null, "fields": []}', 1260, 's2', 2, NULL, '{"key": "k2"}', '', '', 'no answer', 1, '[]');
INSERT INTO deliveries VALUES (3, 'outbox', 'town', 'air', '2026-12-02', '09:00', 'town', '2026-12-02 09:00:00.000000', 3600.0, 'sending', 'one', 'd1', 1, '{"text": "One.", "words": "One.", "link": "", "hashtags": [], "title": "", "language": "en", "image": null, "fields": []}', 5040, 's1', 1, '2026-12-02 09:00:30.000000', '{"key": "k3"}', '', '', '', 0, '[]');
INSERT INTO deliveries VALUES (4, 'outbox', 'town', 'air', '2026-12-02', '17:30', 'town', '2026-12-02 17:30:00.000000', 21600.0, 'planned', '', '', 0, 'null', 0, '', 0, NULL, 'null', '', '', '', 0, '[]');
INSERT INTO deliveries VALUES (5, 'outbox', 'town', 'air', '2026-12-03', '09:00', 'town', '2026-12-03 09:00:00.000000', 21600.0, 'waiting', '', '', 0, 'null', 0, '', 0, NULL, 'null', '', '', 'a person must approve it', 1, '[]');
INSERT INTO deliveries VALUES (6, 'outbox', 'town', 'air', '2026-11-28', '09:00', 'town', '2026-11-28 09:00:00.000000', 21600.0, 'refused', 'bad', 'd6', 1, 'null', 0, '', 1, NULL, 'null', '', '', 'too long', 0, '[]');
INSERT INTO deliveries VALUES (7, 'outbox', 'town', 'air', '2026-11-28', '17:30', 'town', '2026-11-28 17:30:00.000000', 21600.0, 'held', '', '', 0, 'null', 0, '', 0, '2026-11-28 17:45:00.000000', 'null', '', '', 'signed out', 0, '[]');
INSERT INTO deliveries VALUES (8, 'outbox', 'town', 'air', '2026-11-29', '09:00', 'town', '2026-11-29 09:00:00.000000', 21600.0, 'missed', '', '', 0, 'null', 0, '', 0, NULL, 'null', '', '', 'too late', 0, '[]');
INSERT INTO deliveries VALUES (9, 'outbox', 'town', 'air', '2026-11-29', '17:30', 'town', '2026-11-29 17:30:00.000000', 21600.0, 'skipped', '', '', 0, 'null', 0, '', 0, NULL, 'null', '', '', 'paused', 0, '[]');
INSERT INTO leases VALUES ('town', 'some-run', 0.0, 7);
INSERT INTO sightings VALUES ('a row', '2026-12-02 09:00:00.000000');
INSERT INTO approvals VALUES ('a digest', '2026-12-01 08:00:00.000000');
INSERT INTO pauses VALUES ('water', '2026-12-01 08:00:00.000000');
INSERT INTO starts VALUES ('town', '2026-12-01 08:00:00.000000');
INSERT INTO memories VALUES ('town', 'session', 'gAAAA');
