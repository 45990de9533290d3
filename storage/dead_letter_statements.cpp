// The texts of notes about dead jobs, and of what a job has left behind: its postings, and the jobs
// that followed it. statements.cpp has the table of all.
#include "storage/statements.hpp"

namespace storage::sql {

constexpr statement dead_note_put{
    "dead_note_put",
    "insert into dead_letter_notes (fingerprint, note, by_whom, at, muted_until) select"
    " r.fingerprint, r.note, r.by_whom, r.at, r.muted_until from {rows} where true"
    " on conflict (fingerprint) do update set note = excluded.note, by_whom = excluded.by_whom,"
    " at = excluded.at, muted_until = excluded.muted_until",
    "fingerprint text, note text, by_whom text, at bigint, muted_until bigint", "",
    statement_kind::batch};

constexpr statement dead_notes_all{
    "dead_notes_all",
    "select n.fingerprint, n.note, n.by_whom, n.at, n.muted_until from dead_letter_notes n"
    " order by n.fingerprint",
    "", "tttii"};

constexpr statement job_posting_insert{
    "job_posting_insert",
    "insert into job_postings (job_id, transaction_id, commit_id) select r.job_id,"
    " r.transaction_id, r.commit_id from {rows}",
    "job_id bigint, transaction_id bigint, commit_id bigint", "", statement_kind::batch};

constexpr statement postings_of_job{
    "postings_of_job",
    "select p.transaction_id, p.commit_id from job_postings p where p.job_id = $1"
    " order by p.transaction_id limit $2",
    "job_id bigint, count bigint", "ii"};

constexpr statement jobs_of_parent{
    "jobs_of_parent", "select j.id from jobs j where j.parent_id = $1 order by j.id limit $2",
    "parent_id bigint, count bigint", "i"};

} // namespace storage::sql
