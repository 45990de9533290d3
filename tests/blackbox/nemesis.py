"""The faults, each a method that leaves the system running again; drawn at random moments."""
import contextlib
import os
import signal
import time

from proxy import TO_DATABASE, TO_SERVER

CRASH_POINTS = ("reserved", "handed_over", "batch_sent", "committed", "settled", "answered")
SQLITE_POINTS = CRASH_POINTS + ("storage_commit_before", "storage_commit_after")
SQLITE = {"kill": 4, "crash_point": 6, "kill_at_start": 2, "stop_in_order": 2}
POSTGRES = {"kill": 2, "crash_point": 5, "kill_at_start": 1, "stop_in_order": 2, "freeze": 1,
            "terminate_all": 2, "terminate_one": 2, "kill_backend": 2, "freeze_backend": 2,
            "restart_immediate": 2, "restart_fast": 1, "database_away": 2, "cut": 3,
            "cut_and_kill": 2, "cut_commit": 7, "cut_commit_and_kill": 4, "stall": 2,
            "stall_commit": 3, "stall_and_kill": 2, "refuse": 1, "two_owners": 3}
DRAIN_LIMIT_S = 45
BACK_LIMIT_S = 60


class Nemesis:
    """audit_dead() is called whenever the server was killed, before it starts again."""

    def __init__(self, server, database, proxy, chance, audit_dead):
        self.server, self.database, self.proxy = server, database, proxy
        self.chance, self.audit_dead = chance, audit_dead
        self.faults = POSTGRES if proxy else SQLITE
        self.findings = []
        self.said = ""
        self.recovery_s = 0.0

    def draw(self):
        return self.chance.choices(list(self.faults), list(self.faults.values()))[0]

    def strike(self, name):
        self.said = name
        getattr(self, name)()

    def fault(self, name, text):
        self.findings.append((name, text))

    def wait(self, low, high):
        time.sleep(self.chance.uniform(low, high))

    def back(self):
        """The server answers ready again, by itself."""
        try:
            self.recovery_s = self.server.wait_ready(BACK_LIMIT_S)
        except TimeoutError as why:
            self.fault("does not come back", f"after {self.said}: {why}")
            raise

    def after_death(self):
        self.database.quiet()
        self.audit_dead()
        self.recovery_s = self.server.start()

    # -- the server -------------------------------------------------------------------------------

    def kill(self):
        self.wait(0.05, 1.5)
        self.server.kill()
        self.after_death()

    def crash_point(self):
        points = CRASH_POINTS if self.proxy else SQLITE_POINTS
        point, hit = self.chance.choice(points), self.chance.choice((1, 2, 3, 20, 150))
        self.said = f"crash_point {point}:{hit}"
        self.server.kill()
        self.database.quiet()
        # The hits are those of clients.
        self.server.launch(crash_point=f"{point}:{hit}", settings={"SYSTEM_SCHEDULES": "0"})
        code = None
        try:
            self.server.wait_started()
            code = self.server.wait_dead(8)
        except Exception:  # it may die before it listens
            code = self.server.wait_dead(1)
        if code is None:
            self.said += " (not reached)"
            self.server.kill()
        elif code != -signal.SIGKILL:
            self.fault("exit code", f"{self.said}: the server ended with {code}")
        self.after_death()

    def kill_at_start(self):
        self.server.kill()
        self.database.quiet()
        for _ in range(self.chance.randint(1, 3)):
            self.server.launch()
            self.wait(0.0, 0.6)
            self.server.kill()
        self.after_death()

    def stop_in_order(self):
        self.wait(0.05, 0.8)
        code, seconds = self.server.terminate(DRAIN_LIMIT_S)
        self.said += f" ({seconds:.1f} s)"
        if code != 0:
            self.fault("exit code", f"SIGTERM under load: {code} after {seconds:.1f} s, "
                       f"log:\n{self.server.log()[-2000:]}")
            if code is None:
                self.server.kill()
        self.after_death()

    def freeze(self):
        """A pause as of a moved virtual machine."""
        self.wait(0.05, 0.5)
        self.server.freeze()
        self.wait(0.2, 4)
        self.server.signal(signal.SIGCONT)
        self.back()

    def two_owners(self):
        """A frozen server wakes up when another has taken over: it must not commit any more."""
        self.wait(0.05, 0.5)
        former = self.server.step_aside()
        try:
            self.recovery_s = self.server.start()
            self.wait(0, 0.7)
            former.signal(signal.SIGCONT)
            self.wait(0.3, 2)
            code, seconds = former.terminate(DRAIN_LIMIT_S)
            if code != 0:
                self.fault("exit code", f"SIGTERM to a former owner: {code} after {seconds:.1f} s")
        finally:
            former.kill()

    # -- the database -----------------------------------------------------------------------------

    def terminate_all(self):
        self.wait(0.05, 1)
        for pid in self.database.backends():
            self.database.terminate(pid)
        self.back()

    def terminate_one(self):
        for _ in range(self.chance.randint(1, 4)):
            self.wait(0.02, 0.5)
            pids = self.database.backends()
            if pids:
                self.database.terminate(self.chance.choice(pids))
        self.back()

    def kill_backend(self):
        self.wait(0.05, 1)
        pids = self.database.backends()
        if pids:
            self.database.kill_backend(self.chance.choice(pids))
        self.database.wait_up()
        self.back()

    def freeze_backend(self):
        self.wait(0.05, 0.7)
        pids = self.database.backends()
        frozen = self.chance.sample(pids, min(len(pids), self.chance.choice((1, 1, 3))))
        try:
            for pid in frozen:
                os.kill(pid, signal.SIGSTOP)
            self.wait(0.3, 7)
        finally:
            for pid in frozen:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)
        self.back()

    def restart_immediate(self):
        self.wait(0.05, 1)
        self.database.stop("immediate")
        self.database.start()
        self.back()

    def restart_fast(self):
        self.wait(0.05, 1)
        self.database.stop("fast")
        self.database.start()
        self.back()

    def database_away(self):
        self.wait(0.05, 0.5)
        self.database.stop(self.chance.choice(("fast", "immediate")))
        self.wait(0.5, 4)
        self.database.start()
        self.back()

    # -- the wire ---------------------------------------------------------------------------------

    def bytes_until_cut(self):
        return self.chance.choice((self.chance.randint(1, 300), self.chance.randint(1, 6000),
                                   self.chance.randint(1, 60000)))

    def arm(self):
        direction, count = self.chance.choice((TO_DATABASE, TO_SERVER)), self.bytes_until_cut()
        self.said += f" [{count} bytes {direction}]"
        before = self.proxy.cuts
        self.proxy.cut_after(direction, count)
        end = time.monotonic() + 3
        while self.proxy.cuts == before and time.monotonic() < end:
            time.sleep(0.002)

    def cut(self):
        for _ in range(self.chance.randint(1, 4)):
            self.wait(0.02, 0.4)
            self.arm()
        self.proxy.heal()
        self.back()

    def aim(self, cuts=True):
        """Within a commit or its answer; the aim, or None when no commit came."""
        direction = self.chance.choice((TO_DATABASE, TO_SERVER, TO_SERVER))
        count = self.chance.choice((0, self.chance.randint(0, 60), self.chance.randint(0, 400),
                                    self.chance.randint(0, 4000)))
        self.said += f" [{count} bytes {direction}]"
        aim = self.proxy.aim(direction, count, cuts)
        return aim if aim.struck.wait(3) else None

    def cut_commit(self):
        for _ in range(self.chance.randint(1, 5)):
            self.wait(0.02, 0.3)
            self.aim()
        self.proxy.heal()
        self.back()

    def cut_commit_and_kill(self):
        self.wait(0.02, 0.3)
        self.aim()
        self.wait(0, self.chance.choice((0, 0.02, 0.5)))
        self.server.kill()
        self.proxy.heal()
        self.after_death()

    def stall_commit(self):
        """A commit or its answer comes late, perhaps later than the server waits."""
        self.wait(0.02, 0.3)
        if self.aim(cuts=False):
            self.wait(0.2, 11)
        self.proxy.heal()
        self.back()

    def cut_and_kill(self):
        """The answer of a commit is lost, and so is the process that would have asked again."""
        self.wait(0.02, 0.4)
        self.arm()
        self.wait(0, 0.05)
        self.server.kill()
        self.proxy.heal()
        self.after_death()

    def stall(self):
        direction = self.chance.choice((TO_DATABASE, TO_SERVER))
        self.said += f" [{direction}]"
        self.wait(0.05, 0.5)
        self.proxy.stall(direction)
        self.wait(0.3, 7)
        if self.chance.random() < 0.3:
            self.proxy.cut_now()
        self.proxy.heal()
        self.back()

    def stall_and_kill(self):
        direction = self.chance.choice((TO_DATABASE, TO_SERVER))
        self.said += f" [{direction}]"
        self.wait(0.05, 0.5)
        self.proxy.stall(direction)
        self.wait(0.1, 1.5)
        self.server.kill()
        self.proxy.heal()
        self.after_death()

    def refuse(self):
        self.wait(0.05, 0.5)
        self.proxy.refuse()
        self.proxy.cut_now()
        self.wait(0.5, 3)
        self.proxy.heal()
        self.back()
