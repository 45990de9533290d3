-- Text twin of 0010_movement_kinds.postgres.sql. Clients choose ids, so a goal and an envelope may
-- have the same one: what a movement is of belongs to its key. kind: 1 goal, 2 envelope
-- (ledger/earmark.hpp). So far only one of the two could have movements: the one that counted them.

create table movements_by_kind (
  kind integer not null check (kind in (1, 2)),
  earmark_id integer not null,
  version integer not null check (version > 0),
  user_id integer not null,
  amount integer not null check (amount <> 0),
  amount_after integer not null check (amount_after >= 0),
  at integer not null,
  primary key (kind, earmark_id, version)
) strict, without rowid;

insert into movements_by_kind (kind, earmark_id, version, user_id, amount, amount_after, at)
select
  case when exists (select 1 from envelopes e where e.id = m.earmark_id and e.version > 0)
    then 2 else 1 end,
  m.earmark_id, m.version, m.user_id, m.amount, m.amount_after, m.at
from earmark_movements m;

drop table earmark_movements;
alter table movements_by_kind rename to earmark_movements;

create trigger earmark_movements_no_update before update on earmark_movements
begin select raise(abort, 'earmark_movements is append-only'); end;
create trigger earmark_movements_no_delete before delete on earmark_movements
begin select raise(abort, 'earmark_movements is append-only'); end;
