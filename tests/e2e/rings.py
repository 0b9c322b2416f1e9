"""Names that change hands, with a scripted source and a sink in memory: rings, and accounts of others."""
import tap
from scriptedends import KILLED, Case, entry, people


class Names(Case):
    def test_G5_the_account_of_somebody_who_is_coming_back_is_not_adopted(self):
        self.settings["collision"] = {"left": "adopt"}
        self.everything(people("ada", "bob", "cyd"))
        self.sync()
        self.everything(people("ada", "cyd"))
        self.sync()
        self.everything([entry("id-aaa", "bob", "one")] + people("ada", "bob", "cyd"))
        self.sync()
        self.assertEqual(self.accounts()["id-bob"]["userName"], "bob")
        self.assertTrue(self.accounts()["id-bob"]["active"])
        self.assertEqual(self.accounts()["id-aaa"]["userName"], "bob_1")
        self.quiet()

    def test_G5_whoever_has_an_account_adopts_no_second_one(self):
        self.settings["collision"] = {"left": "adopt"}
        self.everything(people("ada", "bob", "cyd"))
        self.sync()
        ids = {i: a["id"] for i, a in self.accounts().items()}
        self.everything(people("ada", "cyd"))
        self.sync()
        self.everything([entry("id-ada", "bob", "one")] + people("cyd"))
        self.sync()
        self.assertEqual({i: a["id"] for i, a in self.accounts().items()}, ids)
        self.assertEqual(self.accounts()["id-ada"]["userName"], "bob_1")
        self.assertFalse(self.accounts()["id-bob"]["active"])
        self.quiet()

    def test_a_new_name_that_was_not_taken_is_sent_again(self):
        self.everything(people("ada", "bob"))
        self.sync()
        self.sink["ignore"] = ["userName"]
        self.sink["results"] = {"bob": "entry:0"}
        self.everything(people("ada") + [entry("id-bob", "robert", "one")])
        self.run_it()
        self.sink["ignore"] = []
        self.converges(ada="ada", bob="robert")

    def swap(self, word, code):
        self.everything(people("ada", "bob", "cyd"))
        self.sync()
        ids = {i: a["id"] for i, a in self.accounts().items()}
        self.everything([entry("id-ada", "bob", "one"), entry("id-bob", "cyd", "one"),
                         entry("id-cyd", "ada", "one")])
        self.sink["results"] = {"ada": word, "bob": word, "cyd": word}
        self.sync(code)
        self.converges(ada="bob", bob="cyd", cyd="ada")
        self.assertEqual({i: a["id"] for i, a in self.accounts().items()}, ids)

    def test_G8_a_ring_of_three(self):
        self.swap("ok", 0)

    def test_G8_a_ring_with_lost_answers(self):
        self.swap("unknown-applied:1", 0)

    def test_G8_a_ring_with_a_sink_that_is_unwell(self):
        self.swap("sink:1", 0)

    def test_G8_a_ring_that_is_taken_back_half_way(self):
        self.everything(people("ada", "bob"))
        self.sync()
        self.everything([entry("id-ada", "bob", "one"), entry("id-bob", "ada", "one")])
        self.sink["results"] = {"ada": "kill-after:1"}
        self.sync(KILLED)
        self.sink["results"] = {}
        self.everything(people("ada", "bob"))
        self.sync()
        self.assertEqual({i: a["userName"] for i, a in self.accounts().items()},
                         {"id-ada": "ada", "id-bob": "bob"})
        self.quiet()


if __name__ == "__main__":
    tap.main()
