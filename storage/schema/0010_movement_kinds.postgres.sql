-- Text twin of 0010_movement_kinds.sqlite.sql. Clients choose ids, so a goal and an envelope may
-- have the same one: what a movement is of belongs to its key. kind: 1 goal, 2 envelope
-- (ledger/earmark.hpp). So far only one of the two could have movements: the one that counted them.

drop trigger earmark_movements_no_change on earmark_movements;

alter table earmark_movements add column kind bigint;
update earmark_movements set kind =
  case when exists (select 1 from envelopes e where e.id = earmark_id and e.version > 0)
    then 2 else 1 end;
alter table earmark_movements
  alter column kind set not null,
  add constraint earmark_movements_kind_check check (kind in (1, 2)),
  drop constraint earmark_movements_pkey,
  add constraint earmark_movements_pkey primary key (kind, earmark_id, version);

create trigger earmark_movements_no_change before update or delete or truncate on earmark_movements
  for each statement execute function vdp_append_only();
