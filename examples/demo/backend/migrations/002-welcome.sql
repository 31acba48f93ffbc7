insert into notes (author, body, color, hearts, created_at) values
  ('Ada', 'A migration put this note here: the schema was brought up to date before the first request was answered.', 0, 3, now() - interval '2 hours'),
  ('Grace', 'Read the board twice and watch the right-hand side: the second time it comes out of Redis.', 1, 5, now() - interval '90 minutes'),
  ('Edsger', 'Open this page in a second tab. What you pin in one appears in the other.', 2, 2, now() - interval '1 hour'),
  ('Barbara', 'Stop everything, start it again: the notes are still there.', 3, 4, now() - interval '20 minutes');
