create table notes (
  id bigint generated always as identity primary key,
  author text not null check (length(author) between 1 and 40),
  body text not null check (length(body) between 1 and 280),
  color smallint not null default 0 check (color between 0 and 4),
  hearts integer not null default 0,
  created_at timestamptz not null default now()
);

create index notes_newest on notes (created_at desc, id desc);
