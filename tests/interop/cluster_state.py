"""All that a cluster tells of itself, to be compared with what it told before."""

from concurrent.futures import Future

from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin import (AclBindingFilter, AclOperation, AclPermissionType,
                                   ConfigResource, OffsetSpec, ResourcePatternType, ResourceType)

from waiting import eventually

KAFKAS_OWN = ("__consumer_offsets", "__transaction_state", "__share_group_state")
REQUEST = {"request_timeout": 90}  # seconds, of a client for a thousand topics
ANSWERED = 120
EVERY_ACL = AclBindingFilter(ResourceType.ANY, None, ResourcePatternType.ANY, None, None,
                             AclOperation.ANY, AclPermissionType.ANY)


def state(cluster) -> dict:
    return eventually(lambda: look_at(cluster), "the cluster tells all", 2 * ANSWERED)


def look_at(cluster) -> dict:
    """Topics, their configs and ends, groups, ACLs, SCRAM users; but for the ends of its own
    topics, to which its coordinators write when members or transactions of former tests time
    out."""
    found = cluster.admin.list_topics(timeout=60).topics
    resources = [ConfigResource(ResourceType.TOPIC, topic) for topic in found]
    asked = cluster.admin.describe_configs(resources, **REQUEST) if resources else {}
    configs = {resource.name: sorted((key, entry.value)
                                     for key, entry in future.result(ANSWERED).items())
               for resource, future in asked.items()}
    places = {TopicPartition(topic, partition): OffsetSpec.latest()
              for topic, about in found.items() if topic not in KAFKAS_OWN
              for partition in about.partitions}
    ends = {(place.topic, place.partition): future.result(ANSWERED).offset
            for place, future in (cluster.admin.list_offsets(places, **REQUEST) if places
                                  else {}).items()}
    groups = cluster.admin.list_consumer_groups(**REQUEST).result(ANSWERED).valid
    return {"topics": {name: len(about.partitions) for name, about in found.items()},
            "configs": configs, "ends": ends, "groups": {group.group_id for group in groups},
            "acls": answer_of(cluster.admin.describe_acls(EVERY_ACL, **REQUEST)),
            "users": answer_of(cluster.admin.describe_user_scram_credentials(**REQUEST))}


def answer_of(asked: Future) -> set[str]:
    """Nothing where the cluster has none of it, such as an authorizer."""
    try:
        return {str(each) for each in asked.result(ANSWERED)}
    except KafkaException:
        return set()


def assert_untouched(cluster, before: dict) -> None:
    """Groups without members or offsets may be gone: brokers clean up now and then."""
    now = state(cluster)
    assert now["groups"] <= before["groups"], "it only looks"
    for what in before.keys() - {"groups"}:
        assert now[what] == before[what], f"it only looks: {what}"
