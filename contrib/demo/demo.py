#!/usr/bin/env python3
"""Shows what syncd does: a real directory, a simulated Genesys Cloud, people who come, change and go.

Started by `./bootstrap.sh demo`. Everything happens in a temporary folder and on loopback; what it
started is stopped at the end. SYNCD_DEMO_KEEP=1 keeps the folder.
"""
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap

TOP = os.environ.get("top_srcdir") or os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
BUILD = os.environ.get("top_builddir") or os.path.join(TOP, "build")
os.environ.update(top_srcdir=TOP, top_builddir=BUILD)
sys.path.insert(0, os.path.join(TOP, "tests", "lib"))
import simulator  # noqa: E402
import slapd  # noqa: E402
import tls  # noqa: E402

READER = "cn=syncd,ou=services,dc=example,dc=com"
WIDTH = min(100, shutil.get_terminal_size((96, 24)).columns)
COLOR = sys.stdout.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"

# uid, given name, family name, title, telephone number, mail ("" for none), enabled
PEOPLE = [line.split("|") for line in """\
ada.lovelace|Ada|Lovelace|Analyst|030 1001|ada.lovelace@example.com|TRUE
alan.turing|Alan|Turing|Cryptographer|030 1002|alan.turing@example.com|TRUE
anna.schmidt|Anna|Schmidt|Team lead|030 1003|anna.schmidt@example.com|TRUE
bjoern.aengstroem|Björn|Ångström|Engineer|+46 8 123 4501|bjoern.angstrom@example.com|TRUE
chloe.dubois|Chloé|Dubois|Agent|+33 1 70 18 99 01|chloe.dubois@example.com|TRUE
edsger.dijkstra|Edsger|Dijkstra|Architect|+31 20 525 1001|edsger.dijkstra@example.com|TRUE
emmy.noether|Emmy|Noether|Mathematician|030 1004|emmy.noether@example.com|TRUE
francoise.lefevre|Françoise|Lefèvre|Agent|+33 1 70 18 99 02|francoise.lefevre@example.com|TRUE
grace.hopper|Grace|Hopper|Rear admiral|030 1005|grace.hopper@example.com|TRUE
hedy.lamarr|Hedy|Lamarr|Inventor|+43 1 5880 101|hedy.lamarr@example.com|TRUE
ines.garcia|Inés|García Márquez|Agent|+34 91 005 1001|ines.garcia@example.com|TRUE
jan.kowalski|Jan|Kowalski|Agent|+48 22 100 1001|jan.kowalski@example.com|TRUE
jan.kowalski2|Jan|Kowalski|Supervisor|+48 22 100 1002|jan.kowalski@example.com|TRUE
joao.silva|João|Silva|Agent|+351 21 100 1001|joao.silva@example.com|TRUE
juergen.gross|Jürgen|Groß|Technician|030 1006|juergen.gross@example.com|TRUE
katherine.johnson|Katherine|Johnson|Mathematician|030 1007|katherine.johnson@example.com|TRUE
konrad.zuse|Konrad|Zuse|Engineer|030 1008|konrad.zuse@example.com|FALSE
lukasz.wisniewski|Łukasz|Wiśniewski|Agent|+48 22 100 1003|lukasz.wisniewski@example.com|TRUE
margaret.hamilton|Margaret|Hamilton|Director|030 1009|margaret.hamilton@example.com|TRUE
mustafa.yildiz|Mustafa|Yıldız|Agent|+90 212 100 1001|mustafa.yildiz@example.com|TRUE
niklaus.wirth|Niklaus|Wirth|Architect|+41 44 632 1001|niklaus.wirth@example.com|TRUE
oluwaseun.adeyemi|Oluwaseun|Adeyemi|Agent|030 1010|oluwaseun.adeyemi@example.com|TRUE
radia.perlman|Radia|Perlman|Network engineer|030 1011|radia.perlman@example.com|TRUE
soren.kierkegaard|Søren|Kierkegaard|Trainer|+45 33 100 101|soren.kierkegaard@example.com|TRUE
werner.praktikant|Werner|Müller|Trainee|030 1012||TRUE""".splitlines()]

CONFIG = """\
# The source: who is there. Over TLS, with the CA that signed the directory's certificate.
sources:
  ldap:
    uri: {ldaps}
    base: ou=people,dc=example,dc=com
    filter: (objectClass=inetOrgPerson)
    bind_dn: {reader}
    bind_password: ${{LDAP_BIND_PW}}
    tls: {{ca_file: {ca}}}

# The sink: where the accounts are.
sinks:
  genesys-scim:
    base_url: {base_url}
    token_url: {base_url}/oauth/token
    client_id: ${{GENESYS_CLIENT_ID}}
    client_secret: ${{GENESYS_CLIENT_SECRET}}
    tls: {{ca_file: {ca}}}

# The matrix: a tree of the account's shape. Each plain word is an attribute of the directory.
schemas:
  - urn:ietf:params:scim:schemas:core:2.0:User
mapping:
  userName: mail                  # Genesys Cloud wants an e-mail address here
  displayName: cn                 # and keeps one name, not a given and a family name
  title: title
  emails:
    - primary: true
      type: work
      value: mail
  phoneNumbers:
    - type: work
      value: "${{telephoneNumber | e164('49')}}"   # 030 1001 becomes +49301001
  active: enabled                 # FALSE in the directory: the account is made inactive

state:
  path: {state}
"""


def paint(code, text):
    return "\033[%sm%s\033[0m" % (code, text) if COLOR else text


def bold(text):
    return paint("1", text)


def dim(text):
    return paint("2", text)


def say(text="", indent=3):
    for part in text.split("\n"):
        print(textwrap.fill(part, WIDTH, initial_indent=" " * indent, subsequent_indent=" " * indent,
                            break_on_hyphens=False, break_long_words=False) if part else "")
    sys.stdout.flush()


def chapter(number, title):
    print("\n" + paint("1;36", "%d  %s" % (number, title)))
    print(paint("36", "─" * min(WIDTH, len(title) + 3)), flush=True)


def table(heads, rows, colors=None):
    columns = [[str(h)] + [str(r[i]) for r in rows] for i, h in enumerate(heads)]
    widths = [max(map(len, column)) for column in columns]
    print("   " + bold("  ".join(h.ljust(w) for h, w in zip(heads, widths)).rstrip()))
    for number, row in enumerate(rows):
        text = "  ".join(str(c).ljust(w) for c, w in zip(row, widths)).rstrip()
        print("   " + (paint(colors[number], text) if colors and colors[number] else text))
    print(flush=True)


def plural(count, word, words=None):
    return "%d %s" % (count, word if count == 1 else words or word + "s")


class Demo:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="syncd-demo-")
        self.slapd = self.sim = None
        self.seen = 0

    def path(self, name):
        return os.path.join(self.folder, name)

    # ---- the two ends ----
    def start_directory(self):
        with open(os.path.join(TOP, "contrib", "schema", "syncd.schema")) as file:
            schema = file.read()
        self.ca = tls.Authority(self.path("ca"), name="syncd demonstration CA")
        pair = self.pair = self.ca.issue("localhost")
        ldif = slapd.BASE + "".join(self.ldif(*person) for person in PEOPLE)
        self.slapd = slapd.Slapd(ldif=ldif, tls=pair, ca=self.ca.cert, schema_text=schema)

    @staticmethod
    def ldif(uid, first, last, title, phone, mail, enabled):
        values = [("objectClass", "inetOrgPerson"), ("objectClass", "syncdPerson"), ("uid", uid),
                  ("cn", "%s %s" % (first, last)), ("givenName", first), ("sn", last),
                  ("title", title), ("telephoneNumber", phone), ("enabled", enabled)]
        values += [("mail", mail)] if mail else []
        return slapd.ldif("uid=%s,%s" % (uid, slapd.PEOPLE), values)

    def start_service(self):
        self.sim = simulator.Simulator(tls=(self.pair.cert, self.pair.key, self.ca.cert))
        self.sim.start()

    def write_config(self):
        text = CONFIG.format(ldaps=self.slapd.ldaps_uri, reader=READER, ca=self.ca.cert,
                             base_url=self.sim.base_url, state=self.path("demo.db"))
        with open(self.path("demo.yaml"), "w") as out:
            out.write(text)
        for line in text.rstrip().split("\n"):
            code, sharp, comment = line.partition("#")
            print("   " + dim("│ ") + code + dim(sharp + comment))
        print()

    def environment(self):
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("LDAP", "GENESYS_", "SYNCD_"))}
        return dict(kept, LDAP_BIND_PW="sync-password", GENESYS_CLIENT_ID=simulator.CLIENT_ID,
                    GENESYS_CLIENT_SECRET=simulator.CLIENT_SECRET)

    # ---- syncd ----
    def syncd(self, *words, report=True, show=False):
        """Runs the program, showing the command; its output, exit status and report."""
        program = next((p for p in (os.path.join(BUILD, "syncd"), os.path.join(BUILD, "core/syncd"))
                        if os.path.isfile(p)), None)
        if program is None:
            raise RuntimeError("syncd was not built in " + BUILD)
        shown = " ".join(["$ syncd"] + [shlex.quote(w) for w in words] + ["-c demo.yaml"])
        print("   " + paint("1;32", shown), flush=True)
        command = [os.path.join(BUILD, "run"), program] + list(words) + ["-c", self.path("demo.yaml")]
        command += ["--report", self.path("report.json"), "--no-progress"] if report else []
        done = subprocess.run(command, env=self.environment(), stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=self.folder,
                              check=False)
        text = done.stdout.decode(errors="replace")
        with open(self.path("demo.log"), "a") as log:
            log.write("$ syncd %s\n%s(exit %d)\n\n" % (" ".join(words), text, done.returncode))
        if show or done.returncode not in (0, 3):
            for line in text.rstrip().split("\n"):
                print("   " + dim("│ ") + line)
            print(flush=True)
        if done.returncode not in (0, 3):
            raise RuntimeError("syncd ended with %d, which this demonstration did not expect"
                               % done.returncode)
        self.code = done.returncode
        if report:
            with open(self.path("report.json")) as file:
                return json.load(file)
        return text

    def sum_up(self, report):
        sink, requests = report["sink"], report["requests"]
        did = [plural(sink[k], "account") + " " + k for k in (
            "created", "adopted", "updated", "renamed", "disabled", "enabled", "deleted") if sink[k]]
        say("%s read, %s. %s." % (plural(report["source"]["read"], "entry", "entries"),
                                  ", ".join(did) or "nothing to do",
                                  plural(requests["total"], "request") + " to the service"))
        meaning = {0: "all is in the sink", 3: "finished, %d parked" % report["parked"]}
        say(dim("exit status %d: %s; %.2f seconds" % (self.code, meaning[self.code], report["seconds"])))
        print()

    def requests(self):
        """Shows what reached the service since the last time; returns how many writes there were."""
        entries = [e for e in self.sim.log(self.seen) if e["number"] >= self.seen]
        self.seen = entries[-1]["number"] + 1 if entries else self.seen
        names = {u["id"]: u["userName"] for u in self.sim.users()}
        rows = [(e["method"], self.short(e["path"], names), self.gist(e), e["status"]) for e in entries]
        if rows:
            table(("request", "answer", "to", "with"), [(m, a, t, w) for m, t, w, a in rows])
        else:
            say("No request at all reached the service.\n")
        return sum(e["method"] in ("PATCH", "DELETE") or e["kind"] == "create" for e in entries)

    @staticmethod
    def short(path, names):
        path = path.replace("/api/v2/scim/v2/", "…/")
        for number, name in names.items():
            path = path.replace(number, "‹%s›" % name)
        return path

    @staticmethod
    def gist(entry):
        if entry["kind"] == "token":
            return "(an access token)"
        try:
            body = json.loads(entry["body"] or "{}")
        except ValueError:
            return ""
        if "Operations" in body:
            return "; ".join(" ".join([o["op"], o.get("path", ""), json.dumps(
                o["value"], ensure_ascii=False) if "value" in o else ""]).strip()
                for o in body["Operations"])
        return (entry["query"] or body.get("userName") or "")[:60]

    def skip_requests(self):
        log = self.sim.log()
        self.seen = log[-1]["number"] + 1 if log else 0

    def accounts(self):
        return {u["externalId"]: u for u in self.sim.users()}

    def show_accounts(self):
        users = sorted(self.sim.users(), key=lambda u: u["userName"])
        number = {True: "2", False: None}
        table(("user name", "display name", "title", "telephone", "state"),
              [(u["userName"], u["displayName"], u.get("title", ""),
                next((n["value"] for n in u.get("phoneNumbers", []) if n["type"] == "work"), ""),
                u["state"]) for u in users], [number[u["state"] != "active"] for u in users])

    # ---- changes ----
    def change(self, what, ldif):
        say("• " + what)
        print(textwrap.indent(dim(ldif.rstrip()), "       "), flush=True)
        self.slapd.modify(ldif)

    def effects(self, before):
        after, rows = self.accounts(), []
        for number, new in sorted(after.items(), key=lambda pair: pair[1]["userName"]):
            old = before.get(number)
            if old is None:
                rows.append((new["userName"], "new account"))
                continue
            changes = ["%s: %s → %s" % (name, self.value(old, name), self.value(new, name))
                       for name in ("userName", "displayName", "title", "phone", "state")
                       if self.value(old, name) != self.value(new, name)]
            if changes:
                rows.append((new["userName"], ", ".join(changes) + (
                    "" if old["id"] == new["id"] else "  (another account!)")))
        table(("account", "what became of it"), rows)

    @staticmethod
    def value(user, name):
        if name == "phone":
            return next((n["value"] for n in user.get("phoneNumbers", []) if n["type"] == "work"), "none")
        return user.get(name) or "none"

    # ---- the story ----
    def story(self):
        chapter(1, "A directory, and a service")
        self.start_directory()
        self.start_service()
        say("A real slapd with %d people listens on %s, with a certificate whose CA was made a moment "
            "ago. Among them: two called Jan Kowalski who share one mail address, one without a mail "
            "address, one who is switched off." % (len(PEOPLE), self.slapd.ldaps_uri))
        say("A simulated Genesys Cloud listens on %s. It has the service's rules, rate limit and error "
            "texts, and no account yet.\n" % self.sim.base_url)
        chapter(2, "The configuration")
        self.write_config()
        chapter(3, "Look first")
        say("`map` shows what one person would become; nothing is written.")
        self.syncd("map", "uid=juergen.gross," + slapd.PEOPLE, report=False, show=True)
        self.skip_requests()
        chapter(4, "The first pass")
        self.sum_up(self.syncd("--source", "ldap", "--sink", "genesys-scim"))
        self.skip_requests()
        say("What arrived in Genesys Cloud:")
        self.show_accounts()
        say("One of the two Jan Kowalskis got a suffix: user names are unique there. Konrad Zuse is "
            "inactive, as the directory says. Somebody is missing:")
        self.syncd("parked", report=False, show=True)
        chapter(5, "The same again")
        self.sum_up(self.syncd())
        self.requests()
        say("Nothing had changed, so nothing was written. Idle costs nothing.")
        self.day_two()
        self.day_three()

    def day_two(self):
        chapter(6, "People change")
        before = self.accounts()
        people = slapd.PEOPLE
        self.change("Ada is promoted, and gives up her telephone:",
                    "dn: uid=ada.lovelace,%s\nchangetype: modify\nreplace: title\ntitle: Chief analyst\n"
                    "-\ndelete: telephoneNumber\n" % people)
        self.change("Anna marries; her name and her mail address change:",
                    "dn: uid=anna.schmidt,%s\nchangetype: modify\nreplace: sn\nsn: Weber\n-\nreplace: cn\n"
                    "cn: Anna Weber\n-\nreplace: mail\nmail: anna.weber@example.com\n" % people)
        self.change("Grace's entry is renamed in the directory (another DN, the same person):",
                    "dn: uid=grace.hopper,%s\nchangetype: modrdn\nnewrdn: uid=ghopper\ndeleteoldrdn: 1\n"
                    % people)
        self.change("The trainee gets a mail address at last:",
                    "dn: uid=werner.praktikant,%s\nchangetype: modify\nadd: mail\n"
                    "mail: werner.mueller@example.com\n" % people)
        print()
        self.sum_up(self.syncd())
        self.requests()
        self.effects(before)
        say("Only what differs was sent. Anna kept her account under a new name; Grace's needed nothing, "
            "for a person is known by an id that never changes, not by a name.")

    def day_three(self):
        chapter(7, "Somebody leaves")
        before = self.accounts()
        self.change("Edsger retires; his entry is removed:",
                    "dn: uid=edsger.dijkstra,%s\nchangetype: delete\n" % slapd.PEOPLE)
        print()
        say("A delete leaves no time stamp behind; the inventory of ids that goes with each pass finds "
            "it, and the directory is asked for that very id before anything is done.")
        self.sum_up(self.syncd())
        self.requests()
        self.effects(before)
        say("The account is switched off, not deleted: that is the default. Had half the directory been "
            "missing, all of it would have been held until somebody approves: a search that went wrong "
            "empties no call centre.")

    def stop(self):
        if self.sim:
            self.sim.stop()
        if self.slapd:
            self.slapd.remove()
        if not os.environ.get("SYNCD_DEMO_KEEP"):
            shutil.rmtree(self.folder, ignore_errors=True)


def interrupted(*_):
    raise KeyboardInterrupt


def main():
    for number in (signal.SIGTERM, signal.SIGINT):  # a shell's background job ignores the latter
        signal.signal(number, interrupted)
    print("\n" + bold("syncd keeps cloud accounts true to a company's directory."))
    demo, code = Demo(), 0
    try:
        demo.story()
    except KeyboardInterrupt:
        code = 130
        print("\n   interrupted")
    except (RuntimeError, OSError) as error:
        code = 1
        print("\n   " + paint("1;31", "The demonstration broke off: ") + str(error))
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        demo.stop()
    print()
    say("Both servers are stopped." + (
        " Configuration, state and logs are in " + demo.folder if os.environ.get("SYNCD_DEMO_KEEP")
        else " The temporary folder is removed; SYNCD_DEMO_KEEP=1 ./bootstrap.sh demo keeps it."))
    if code == 0:
        say("Next: README.md, \"Five minutes to your own directory\".")
    print()
    return code


if __name__ == "__main__":
    sys.exit(main())
