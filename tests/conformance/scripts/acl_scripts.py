"""Rules: made, told, taken back. What they do is in rights_scripts.py."""

from rules import (ALL, ALLOW, ALTER, ANY, CLUSTER, CLUSTER_NAME, CREATE, CREATE_TOKENS, DELETE,
                   DENY, DESCRIBE, DESCRIBE_TOKENS, GROUP, LITERAL, MATCH, PREFIXED, READ, TOKEN,
                   TOPIC, TRANSACTIONAL_ID, USER, WRITE, drop_rules, make_rules, rule, rules_of,
                   told_rules, wait_for_rule)
from session import Session


def create_acls(s: Session) -> None:
    bob = "User:" + s.name("bob")
    made: list[dict] = []

    def create(label: str, *rules: dict, **how) -> None:
        answer = s.call(label, "CreateAcls", {"creations": list(rules)}, **how)
        made.extend(rule for rule, result in zip(rules, answer.get("results", []))
                    if result["error_code"] == 0)

    def show(label: str, **filters) -> None:
        wait_for_rule(s, made[-1])
        s.call(label, "DescribeAcls", rules_of(bob, **filters))

    topic = s.name("t")
    good = rule(bob, TOPIC, topic, READ)
    create("nothing")
    create("of a topic", good)
    create("again", good)
    create("twice", *[rule(bob, TOPIC, topic, WRITE)] * 2)
    show("two")
    create("of a prefix", rule(bob, TOPIC, topic, READ, resource_pattern_type=PREFIXED))
    create("denied", rule(bob, TOPIC, topic, READ, permission_type=DENY))
    create("from a host", rule(bob, TOPIC, topic, READ, host="10.1.2.3"))
    create("from a host that is none", rule(bob, TOPIC, topic, READ, host="no host at all"))
    create("from no host", rule(bob, TOPIC, topic, READ, host=""))
    create("of all names", rule(bob, TOPIC, "*", DESCRIBE))
    create("of an odd name", rule(bob, TOPIC, "a, b", READ))
    create("of a path", rule("User:" + s.name("carol"), TOPIC, "a/b", READ))
    create("of each type", rule(bob, GROUP, s.name("g"), READ),
           rule(bob, CLUSTER, CLUSTER_NAME, ALTER),
           rule(bob, TRANSACTIONAL_ID, s.name("x"), WRITE), rule(bob, TOKEN, "token", DESCRIBE))
    create("of a user", rule(bob, USER, s.name("u"), CREATE_TOKENS))
    show("all of them")
    for operation in range(ALL, DESCRIBE_TOKENS + 2):
        create(f"operation {operation} on a topic", rule(bob, TOPIC, s.name("o"), operation))
    create("operation of topics on a cluster", rule(bob, CLUSTER, CLUSTER_NAME, READ))
    show("by operation", resource_name_filter=s.name("o"))

    create("no type", rule(bob, 0, topic, READ))
    create("any type", rule(bob, ANY, topic, READ))
    create("unknown type", rule(bob, 77, topic, READ))
    create("any pattern", rule(bob, TOPIC, topic, READ, resource_pattern_type=1))
    create("pattern to match", rule(bob, TOPIC, topic, READ, resource_pattern_type=MATCH))
    create("unknown pattern", rule(bob, TOPIC, topic, READ, resource_pattern_type=9))
    create("no pattern", rule(bob, TOPIC, topic, READ, resource_pattern_type=0))
    create("any operation", rule(bob, TOPIC, topic, ANY))
    create("unknown operation", rule(bob, TOPIC, topic, 99))
    create("any permission", rule(bob, TOPIC, topic, READ, permission_type=1))
    create("unknown permission", rule(bob, TOPIC, topic, READ, permission_type=8))
    create("no name", rule(bob, TOPIC, "", READ))
    create("other cluster", rule(bob, CLUSTER, "mine", ALTER))
    create("prefix of the cluster", rule(bob, CLUSTER, "kafka", ALTER,
                                         resource_pattern_type=PREFIXED))
    create("principal without a type", rule("bob", TOPIC, topic, READ))
    create("principal with an empty type", rule(":bob", TOPIC, topic, READ))
    create("principal with an empty name", rule("User:", TOPIC, s.name("e"), READ))
    create("empty principal", rule("", TOPIC, topic, READ))
    create("good beside bad", rule(bob, TOPIC, s.name("z"), READ), rule(bob, TOPIC, "", READ))
    create("good beside what cannot be read", rule(bob, TOPIC, s.name("y"), READ),
           rule(bob, 77, topic, READ))
    show("good ones", operation=READ)
    create("version 1", rule(bob, TOPIC, s.name("v"), READ), version=1)
    for principal in (bob, "User:", ":bob", "User:" + s.name("carol")):
        drop_rules(s, principal)


def _some_rules(s: Session, bob: str) -> None:
    topic = s.name("t")
    make_rules(s, rule(bob, TOPIC, topic, READ), rule(bob, TOPIC, topic, WRITE),
               rule(bob, TOPIC, topic, DELETE, permission_type=DENY),
               rule(bob, TOPIC, topic.rpartition(".")[0], READ, resource_pattern_type=PREFIXED),
               rule(bob, TOPIC, "*", DESCRIBE), rule(bob, TOPIC, s.name("u"), READ),
               rule(bob, TOPIC, topic, ALL, host="10.0.0.1"), rule(bob, GROUP, topic, READ),
               rule(bob, CLUSTER, CLUSTER_NAME, CREATE),
               rule(bob, TRANSACTIONAL_ID, topic, WRITE, resource_pattern_type=PREFIXED))


def describe_acls(s: Session) -> None:
    bob, topic = "User:" + s.name("bob"), s.name("t")
    _some_rules(s, bob)

    def show(label: str, principal: str | None = bob, **fields) -> None:
        s.call(label, "DescribeAcls", rules_of(principal, **fields))

    show("all")
    for kind in range(TOPIC, USER + 1 if s.newest("DescribeAcls") >= 3 else USER):
        show(f"type {kind}", resource_type_filter=kind)
    for pattern in range(ANY, PREFIXED + 1):
        show(f"pattern {pattern}", pattern_type_filter=pattern)
        show(f"pattern {pattern}, name", pattern_type_filter=pattern, resource_name_filter=topic,
             resource_type_filter=TOPIC)
        show(f"pattern {pattern}, name of all types", pattern_type_filter=pattern,
             resource_name_filter=topic)
        show(f"pattern {pattern}, *", pattern_type_filter=pattern, resource_name_filter="*")
        show(f"pattern {pattern}, longer name", pattern_type_filter=pattern,
             resource_name_filter=topic + ".more")
    for operation in (ANY, ALL, READ, DESCRIBE):
        show(f"operation {operation}", operation=operation)
    for permission in (1, DENY, ALLOW):
        show(f"permission {permission}", permission_type=permission)
    show("host", host_filter="10.0.0.1")
    show("host *", host_filter="*")
    show("other host", host_filter="10.0.0.2")
    show("other principal", "User:" + s.name("carol"))
    show("empty principal", "")
    show("principal that is none", "bob")
    show("empty name", resource_name_filter="")
    show("exact", resource_type_filter=TOPIC, resource_name_filter=topic,
         pattern_type_filter=LITERAL, host_filter="*", operation=READ, permission_type=ALLOW)
    show("of everybody", None, resource_name_filter=topic)
    show("no type", resource_type_filter=0)
    show("unknown type", resource_type_filter=77)
    show("no pattern", pattern_type_filter=0)
    show("unknown pattern", pattern_type_filter=9)
    show("no operation", operation=0)
    show("unknown operation", operation=99)
    show("no permission", permission_type=0)
    show("unknown permission", permission_type=9)
    s.call("version 1", "DescribeAcls", rules_of(bob), version=1)
    s.call("not allowed", "DescribeAcls", rules_of(bob), on="alice")
    drop_rules(s, bob)


def delete_acls(s: Session) -> None:
    bob, topic = "User:" + s.name("bob"), s.name("t")
    _some_rules(s, bob)

    def delete(label: str, *filters: dict, **how) -> None:
        s.call(label, "DeleteAcls", {"filters": list(filters)}, **how)

    def show(label: str, count: int) -> None:
        s.call(label, "DescribeAcls", rules_of(bob), until=lambda a: told_rules(a) == count)

    delete("nothing")
    delete("not allowed", rules_of(bob), rules_of(bob), on="alice")
    delete("no match", rules_of("User:" + s.name("carol")))
    delete("unknown type", rules_of(bob, resource_type_filter=77))
    delete("unknown pattern", rules_of(bob, pattern_type_filter=9))
    delete("unknown operation", rules_of(bob, operation=99))
    delete("unknown permission", rules_of(bob, permission_type=9))
    delete("good beside bad", rules_of(bob, operation=CREATE), rules_of(bob, operation=99))
    show("all but what was good", 9)
    delete("exact", rules_of(bob, resource_type_filter=TOPIC, resource_name_filter=topic,
                             pattern_type_filter=LITERAL, operation=READ))
    show("without that", 8)
    delete("again", rules_of(bob, resource_type_filter=TOPIC, resource_name_filter=topic,
                             pattern_type_filter=LITERAL, operation=READ))
    delete("what covers a name", rules_of(bob, resource_type_filter=TOPIC,
                                          resource_name_filter=topic,
                                          pattern_type_filter=MATCH, permission_type=ALLOW))
    show("without what covers it", 4)
    delete("two filters for the same", rules_of(bob, permission_type=DENY),
           rules_of(bob, resource_type_filter=TOPIC))
    show("without both", 2)
    delete("version 1", rules_of(bob, resource_type_filter=GROUP, pattern_type_filter=LITERAL),
           version=1)
    show("what is left", 1)
    delete("the rest", rules_of(bob))
    show("nothing is left", 0)


def acls_of_others(s: Session) -> None:
    """Who may not alter the cluster makes no rules, and who may, does."""
    alice, bob = "User:alice", "User:" + s.name("bob")
    good, bad = rule(bob, TOPIC, s.name("t"), READ), rule("bob", TOPIC, "", READ)
    s.call("not allowed", "CreateAcls", {"creations": [good, bad]}, on="alice")
    s.call("nothing, not allowed", "CreateAcls", {"creations": []}, on="alice")
    s.call("what cannot be read, not allowed", "CreateAcls", {
        "creations": [good | {"resource_type": 77}]}, on="alice")
    make_rules(s, rule(alice, CLUSTER, CLUSTER_NAME, DESCRIBE))
    s.call("may see", "DescribeAcls", rules_of(bob), on="alice")
    s.call("may only see", "CreateAcls", {"creations": [good]}, on="alice")
    make_rules(s, rule(alice, CLUSTER, CLUSTER_NAME, ALTER))
    s.call("may make", "CreateAcls", {"creations": [good]}, on="alice",
           until=lambda a: a["results"][0]["error_code"] == 0)
    s.call("made", "DescribeAcls", rules_of(bob), until=lambda a: told_rules(a) == 1)
    s.call("may delete", "DeleteAcls", {"filters": [rules_of(bob)]}, on="alice")
    drop_rules(s, alice)
