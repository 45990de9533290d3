"""Which rare situations a run has reached, by the server's own counters, summed over all starts."""

RARE = {
    "in doubt, applied": 'vaidepix_journal_in_doubt_resolved_total{outcome="applied"}',
    "in doubt, absent": 'vaidepix_journal_in_doubt_resolved_total{outcome="absent"}',
    "batch failed": 'vaidepix_journal_commits_total{result="failed"}',
    "batch bisected": 'vaidepix_journal_commits_total{result="bisected"}',
    "journal reconnected": 'vaidepix_storage_reconnects_total{role="journal"}',
    "reader reconnected": 'vaidepix_storage_reconnects_total{role="read"}',
    "book passivated": 'vaidepix_account_loads_total{result="passivated"}',
    "commits": 'vaidepix_journal_commits_total{result="ok"}',
}


class Sightings:
    """Counters die with their process: the last look at each of them counts."""

    def __init__(self):
        self._last = {}

    def look(self, campaign, server):
        found = server.metrics()
        self._last[campaign, server.starts] = {
            name: int(found.get(series, 0)) for name, series in RARE.items()}

    def add(self, other):
        self._last.update(other._last)

    def total(self, name):
        return sum(counts[name] for counts in self._last.values())

    def text(self):
        return "; ".join(f"{self.total(name)} {name}" for name in RARE)
