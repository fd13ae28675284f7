/** One entry per version of the schema, in order; an entry is never changed once it is released. */
export const migrations: readonly string[] = [
  `
  create table flows (
    flow text primary key,
    cursor text,
    complete integer not null default 0,
    read integer not null default 0,
    written integer not null default 0,
    updated_at text not null
  ) without rowid;
  create table leases (
    flow text primary key,
    owner text not null,
    host text not null,
    pid integer not null,
    expires_at integer not null
  ) without rowid;
  create table dead_letters (
    id integer primary key,
    flow text not null,
    key text not null,
    record_id text,
    version text,
    step text not null,
    code text not null,
    reason text not null,
    payload blob not null,
    position text,
    attempts integer not null,
    status text not null check (status in ('open', 'replayed', 'superseded')),
    parent integer references dead_letters (id),
    created_at text not null,
    updated_at text not null,
    unique (flow, key)
  );
  create index dead_letters_by_status on dead_letters (flow, status, id);
  `,
]
