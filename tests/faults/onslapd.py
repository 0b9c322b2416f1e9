"""Histories on a real slapd: as in history.py, with a directory whose connections are cut in mid-page,
that is killed and started again, and that is followed in watch mode."""
import os
import signal
import threading
import time

import directory
import history
import promises
import proxy
from promises import Failed

PASSWORD = "sync-password"


class History(history.History):
    kind = "slapd"
    PLUGINS = [(".plugins", "syncd-ldap.so"), (".plugins", "syncd-genesys-scim.so")]
    MAPPING = {"userName": "mail", "displayName": "cn", "title": "title",
               "emails": [{"type": "work", "value": "mail"}],
               "phoneNumbers": [{"type": "work", "value": "telephoneNumber"}],
               history.ENTERPRISE: {"department": "departmentNumber",
                                    "manager": {"value": "${manager | ref}"}}}
    TROUBLE = ["cut", "cut", "killed", "killed", "refused", "restarted", "all dropped"]
    SECRETS = history.History.SECRETS + [PASSWORD]
    WATCH_TROUBLE = ["", "", "", "restart", "drop", "cut"]
    SIZES = [200, 1000, 3000, 8000, 20000]        # of answers that are cut
    WATCH_SIZE = 4000
    can_watch = True

    def make_world(self):
        d = self.dice
        self.grade = d.choice(sorted(directory.GRADES))
        self.auto = d.random() < 0.5
        self.page = d.choice([3, 10, 1000])
        return directory.World(d, d.randrange(24, 40))

    def set_up(self):
        self.server, self.blind = directory.server(self.grade), False
        self.killing, self.may_kill = threading.Lock(), False
        self.line = proxy.Proxy(self.server.ports[0])
        super().set_up()
        self.say("slapd, %s, pages of %d" % (self.grade, self.page))

    def source(self):
        word = self.grade.split("-")[0]
        return {"ldap": {"uri": "ldap://127.0.0.1:%d" % self.line.port, "base": directory.BASE,
                         "filter": directory.FILTER, "bind_dn": directory.READER, "bind_password": PASSWORD,
                         "page_size": self.page, "timeout": "2s",
                         "changes": "auto" if self.auto and word == "syncrepl" else word}}

    def show_at_rest(self):
        self.world.apply(self.server)

    def show(self, trouble=None):
        self.world.apply(self.server)
        size = self.dice.randrange(1, self.dice.choice(self.SIZES))
        if trouble == "cut":
            self.line.cut_after(size)
        elif trouble == "killed":
            self.may_kill = True
            self.line.cut_after(size, self.kill_server)
        elif trouble == "refused":
            self.line.refuse(self.dice.choice([1, 2, 50]))
        elif trouble == "restarted":
            self.server.restart()
        elif trouble == "all dropped":
            self.line.drop_all()

    def kill_server(self):
        """Afterwards syncprov (OpenLDAP 2.5) goes on from the contextCSN of its last clean end: until the next
        write it shows nobody who is newer, and with a session log it says that it told all deletes, where
        that is not so. What a server does not tell, the next full read finds."""
        with self.killing:                        # called by the proxy's thread, may be late
            if self.may_kill:
                self.blind = self.blind or self.grade.endswith("-log")
                self.server.stop(signal.SIGKILL)

    def calm(self):
        super().calm()
        self.line.clear()
        with self.killing:
            self.may_kill = False
        if not self.server.process or self.server.process.poll() is not None:
            self.server.start()
            self.server.replace("ou=services," + directory.SUFFIX, "description", "epoch %d" % self.world.epoch)

    def before_rest(self):
        return ["--full"] if self.blind else []

    # ---- watch mode ----
    def follow(self, death):
        d = self.dice
        self.world.apply(self.server)
        run, plan = history.Following(self, death), []
        for _ in range(d.randrange(1, 4)):
            plan.append((d.uniform(0.05, 0.6), d.choice(self.WATCH_TROUBLE),
                         d.randrange(1, 5), d.randrange(1, self.WATCH_SIZE)))
        last, how = d.uniform(0.05, 0.6), d.choice([signal.SIGTERM, signal.SIGKILL])
        for pause, trouble, count, size in plan:
            run.wait(pause)
            self.world.happen(count)
            self.mark()
            if trouble == "restart":
                self.server.restart()
            elif trouble == "drop":
                self.line.drop_all()
            elif trouble == "cut":
                self.line.cut_after(size)
            self.world.apply(self.server)
        run.wait(death.get("kill_after", last))
        code = run.end(signal.SIGKILL if "kill_after" in death else how)
        self.say("followed until epoch %d, %s, death %s -> %s" % (
            self.world.epoch, [t for _, t, _, _ in plan], death, code))

    def rests(self, run):
        """An administrator lets go what is held: more than half of those who are known have left, say."""
        token = (self.read_report(run.report) or {}).get("approve")
        if promises.agrees(self):
            return True
        if token and token not in run.approved:
            run.approved.add(token)
            self.ask("--approve", token)
        return False

    def follow_to_the_end(self):
        """Watch mode alone brings it to rest, where the brakes are wide."""
        run = history.Following(self, {})
        first = run.until(lambda: os.path.exists(run.report))
        if first and not self.narrow:
            self.run("parked", "--retry-all")
            self.world.happen(3)
            self.mark()
            self.world.apply(self.server)
            if not run.until(lambda: self.rests(run), 75):
                why = promises.why_not(self)
                run.end()
                raise Failed("watch mode does not come to rest: %s" % why)
            time.sleep(0.2)
        code = run.end()
        if code in history.KILLED or not first:
            raise Failed("watch mode: exit %s, a first pass: %s" % (code, first))

    def close(self, keep):
        self.line.stop()
        self.server.stop()
        if not keep:
            self.server.remove()
        super().close(keep)
