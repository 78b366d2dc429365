"""Rules of ACLs as requests have them: made and taken back for the scripts that need some."""

from session import Session

ANY, TOPIC, GROUP, CLUSTER, TRANSACTIONAL_ID, TOKEN, USER = range(1, 8)
MATCH, LITERAL, PREFIXED = 2, 3, 4
DENY, ALLOW = 2, 3
(ALL, READ, WRITE, CREATE, DELETE, ALTER, DESCRIBE, CLUSTER_ACTION, DESCRIBE_CONFIGS,
 ALTER_CONFIGS, IDEMPOTENT_WRITE, CREATE_TOKENS, DESCRIBE_TOKENS) = range(2, 15)
CLUSTER_NAME = "kafka-cluster"


def rule(principal: str, kind: int, name: str, operation: int, **fields) -> dict:
    return {"resource_type": kind, "resource_name": name, "resource_pattern_type": LITERAL,
            "principal": principal, "host": "*", "operation": operation,
            "permission_type": ALLOW} | fields


def rules_of(principal: str | None, **fields) -> dict:
    """A filter; whatever is not said is any."""
    return {"resource_type_filter": ANY, "resource_name_filter": None, "pattern_type_filter": ANY,
            "principal_filter": principal, "host_filter": None, "operation": ANY,
            "permission_type": ANY} | fields


def told_rules(answer: dict) -> int:
    return sum(len(resource["acls"]) for resource in answer["resources"])


def make_rules(s: Session, *rules: dict) -> None:
    """Makes them without a word, and waits until the broker knows them."""
    answer = s.ask("CreateAcls", s.newest("CreateAcls"), {"creations": list(rules)})
    assert all(result["error_code"] == 0 for result in answer["results"]), answer
    for one in rules:
        wait_for_rule(s, one)


def wait_for_rule(s: Session, one: dict) -> None:
    """Brokers of KRaft hear of a rule some time after it was made, and in the order of making."""
    s.wait("DescribeAcls", rules_of(
        one["principal"], resource_type_filter=one["resource_type"],
        resource_name_filter=one["resource_name"], host_filter=one["host"],
        pattern_type_filter=one["resource_pattern_type"], operation=one["operation"],
        permission_type=one["permission_type"]), lambda a: told_rules(a) > 0)


def drop_rules(s: Session, principal: str, **fields) -> None:
    wanted = rules_of(principal, **fields)
    s.ask("DeleteAcls", s.newest("DeleteAcls"), {"filters": [wanted]})
    s.wait("DescribeAcls", wanted, lambda a: told_rules(a) == 0)
