"""SCRAM credentials and client quotas: made, told, refused, taken back."""

from login import salted_password
from session import Session

_SHA_256, _SHA_512 = 1, 2
_EXACTLY, _DEFAULT, _ANY = range(3)


def _upsertion(name: str, mechanism: int = _SHA_256, iterations: int = 4096, **fields) -> dict:
    salt = b"a salt of nine"
    kind = "SCRAM-SHA-512" if mechanism == _SHA_512 else "SCRAM-SHA-256"
    return {"name": name, "mechanism": mechanism, "iterations": iterations, "salt": salt.hex(),
            "salted_password": salted_password(kind, "secret", salt, 4096).hex()} | fields


def _deletion(name: str, mechanism: int = _SHA_256) -> dict:
    return {"name": name, "mechanism": mechanism}


def scram_credentials(s: Session) -> None:
    one, two, absent = s.name("one"), s.name("two"), s.name("absent")

    def alter(label: str, upsertions: list = (), deletions: list = (), **how) -> None:
        s.call(label, "AlterUserScramCredentials", {
            "upsertions": list(upsertions), "deletions": list(deletions)}, **how)

    def show(label: str, *names: str, until=lambda codes: True) -> None:
        s.call(label, "DescribeUserScramCredentials", {"users": [{"name": n} for n in names]},
               until=lambda a: until([r["error_code"] for r in a["results"]]))

    show("nobody", one)
    alter("nothing")
    alter("one", [_upsertion(one)])
    show("one is there", one, until=lambda codes: codes == [0])
    alter("the other mechanism", [_upsertion(one, _SHA_512, 8192)])
    s.wait("DescribeUserScramCredentials", {"users": [{"name": one}]},
           lambda a: len(a["results"][0]["credential_infos"]) == 2)
    show("both mechanisms", one)
    alter("more iterations", [_upsertion(one, _SHA_256, 5000)])
    s.wait("DescribeUserScramCredentials", {"users": [{"name": one}]},
           lambda a: any(i["iterations"] == 5000 for i in a["results"][0]["credential_infos"]))
    show("one and absent", one, absent)
    show("one, twice", one, one)
    show("no name", "")
    answer = s.ask("DescribeUserScramCredentials", 0, {"users": None})
    answer["results"] = [r for r in answer["results"] if r["user"] in (one, two)]
    s.write("all", "DescribeUserScramCredentials", answer)
    alter("too few iterations", [_upsertion(two, iterations=4095)])
    alter("too many iterations", [_upsertion(two, iterations=16385)])
    alter("as many as can be", [_upsertion(two, iterations=16384)])
    alter("unknown mechanism", [_upsertion(two, mechanism=3)])
    alter("mechanism 0", [_upsertion(two, mechanism=0)])
    alter("no name", [_upsertion("")])
    alter("no salt", [_upsertion(two, salt="")])
    alter("no password", [_upsertion(two, salted_password="")])
    alter("twice", [_upsertion(two), _upsertion(two)])
    alter("both mechanisms of a user", [_upsertion(two), _upsertion(two, _SHA_512)])
    alter("made and deleted", [_upsertion(one)], [_deletion(one)])
    alter("deleted twice", deletions=[_deletion(one), _deletion(one)])
    alter("delete what is not there", deletions=[_deletion(absent)])
    alter("delete an unknown mechanism", deletions=[_deletion(one, 9)])
    alter("delete nobody", deletions=[_deletion("")])
    alter("good beside bad", [_upsertion(two), _upsertion(s.name("bad"), iterations=1)])
    show("two is there", two, until=lambda codes: codes == [0])
    alter("delete", deletions=[_deletion(one)])
    s.wait("DescribeUserScramCredentials", {"users": [{"name": one}]},
           lambda a: len(a["results"][0]["credential_infos"]) == 1)
    show("one mechanism is left", one)
    alter("delete the last", deletions=[_deletion(one, _SHA_512)])
    show("gone", one, until=lambda codes: codes != [0])
    for mechanism in (_SHA_256, _SHA_512):
        s.ask("AlterUserScramCredentials", 0, {"deletions": [_deletion(two, mechanism)]})


def _entity(**names: str | None) -> list[dict]:
    return [{"entity_type": kind.replace("_", "-"), "entity_name": name}
            for kind, name in names.items()]


def _component(kind: str, match_type: int = _EXACTLY, match: str | None = None) -> dict:
    return {"entity_type": kind, "match_type": match_type, "match": match}


def client_quotas(s: Session) -> None:
    user, client = s.name("u"), s.name("c")

    def alter(label: str, entity: list[dict], *changes: tuple, **fields) -> None:
        ops = [{"key": key, "value": value or 0.0, "remove": value is None}
               for key, value in changes]
        s.call(label, "AlterClientQuotas", {"entries": [
            {"entity": entity, "ops": ops}] * fields.pop("times", 1)} | fields)

    def show(label: str, *components: dict, **fields) -> None:
        how = {"until": fields.pop("until")} if "until" in fields else {}
        s.call(label, "DescribeClientQuotas", {"components": list(components)} | fields, **how)

    def has(count: int):
        return lambda a: sum(len(e["values"]) for e in a["entries"] or []) == count

    rate = ("producer_byte_rate", 1e9)
    alter("validate only", _entity(user=user), rate, validate_only=True)
    alter("of a user", _entity(user=user), rate, ("consumer_byte_rate", 2e9))
    show("of the user", _component("user", _EXACTLY, user), until=has(2))
    alter("of a client", _entity(client_id=client), ("request_percentage", 1000.5))
    show("of the client", _component("client-id", _EXACTLY, client), until=has(1))
    alter("of both", _entity(user=user, client_id=client), rate)
    show("of the user and anything", _component("user", _EXACTLY, user), until=has(3))
    show("of the user alone", _component("user", _EXACTLY, user), strict=True)
    show("of the user and the client", _component("user", _EXACTLY, user),
         _component("client-id", _EXACTLY, client), strict=True)
    show("of the user and any client", _component("user", _EXACTLY, user),
         _component("client-id", _ANY), strict=True)
    show("of the user and the default client", _component("user", _EXACTLY, user),
         _component("client-id", _DEFAULT))
    alter("of the user and the default client", _entity(user=user, client_id=None), rate)
    show("all of the user", _component("user", _EXACTLY, user), until=has(4))
    alter("of an address", _entity(ip="10.9.8.7"), ("connection_creation_rate", 100.0))
    show("of the address", _component("ip", _EXACTLY, "10.9.8.7"), until=has(1))
    alter("no changes", _entity(user=user))
    alter("removed", _entity(user=user), ("consumer_byte_rate", None))
    show("without it", _component("user", _EXACTLY, user), until=has(3))
    alter("removed again", _entity(user=user), ("consumer_byte_rate", None))

    alter("unknown quota", _entity(user=user), ("no_such_rate", 1.0))
    alter("removal of an unknown quota", _entity(user=user), ("no_such_rate", None))
    alter("quota twice", _entity(user=user), rate, rate)
    alter("of nothing", [], rate)
    alter("of an unknown type", _entity(planet="earth"), rate)
    alter("of an empty name", _entity(user=""), rate)
    alter("of a type twice", _entity(user=user) * 2, rate)
    alter("of an address and a user", _entity(ip="10.9.8.7", user=user), rate)
    alter("rate of an address to a user", _entity(user=user), ("connection_creation_rate", 1.0))
    alter("rate of a user to an address", _entity(ip="10.9.8.7"), rate)
    alter("of no address", _entity(ip="no address at all!"), ("connection_creation_rate", 1.0))
    alter("of the same entity twice", _entity(user=user), rate, times=2)
    alter("zero", _entity(user=user), ("producer_byte_rate", 0.0))
    alter("negative", _entity(user=user), ("producer_byte_rate", -1.0))
    alter("a fraction of a byte", _entity(user=user), ("producer_byte_rate", 1.5))
    alter("a fraction of a percent", _entity(user=user), ("request_percentage", 0.5))
    alter("a fraction of a connection", _entity(ip="10.9.8.7"), ("connection_creation_rate", 1.5))

    show("unknown type", _component("planet", _ANY))
    show("empty type", _component("", _ANY))
    show("type twice", _component("user", _ANY), _component("user", _EXACTLY, user))
    show("unknown match", _component("user", 7))
    show("exactly nothing", _component("user", _EXACTLY, None))
    show("default with a name", _component("user", _DEFAULT, "x"))
    show("any with a name", _component("user", _ANY, "x"))
    show("address and user", _component("ip", _ANY), _component("user", _ANY))
    show("absent", _component("user", _EXACTLY, s.name("absent")))
    for entity, keys in ((_entity(user=user), ["producer_byte_rate", "request_percentage"]),
                         (_entity(client_id=client), ["request_percentage"]),
                         (_entity(user=user, client_id=client), ["producer_byte_rate"]),
                         (_entity(user=user, client_id=None), ["producer_byte_rate"]),
                         (_entity(ip="10.9.8.7"), ["connection_creation_rate"])):
        alter("taken back", entity, *((key, None) for key in keys))
    show("nothing is left", _component("user", _EXACTLY, user), until=has(0))
