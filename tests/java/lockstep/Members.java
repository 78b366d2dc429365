package lockstep;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.StringJoiner;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Two members of a consumer group that share a topic, and what each is given and reads.
 *
 * <pre>
 * Members --bootstrap B --topic T --group G --count N [--protocol consumer] [--assignor CLASS]
 * </pre>
 *
 * <p>Three times N records are written to each partition: when the first member is alone, when both
 * are there, and when the second has left. Prints one line of JSON: the partitions that each had at
 * these times, and how often each record was read. Each poll is committed.
 */
public final class Members {
    private static final Duration POLL = Duration.ofMillis(50);
    private static final long PATIENCE_NANOS = 60_000_000_000L;

    private final Options options;
    private final String topic;
    private final KafkaProducer<byte[], byte[]> producer;
    private final int partitions;
    private final Map<String, Integer> read = new TreeMap<>();
    private int written = 0;

    private Members(Options options) {
        this.options = options;
        this.topic = options.text("topic");
        this.producer = new KafkaProducer<>(
            Map.of("bootstrap.servers", options.text("bootstrap")),
            new ByteArraySerializer(), new ByteArraySerializer());
        this.partitions = producer.partitionsFor(topic).size();
    }

    public static void main(String[] args) {
        new Members(new Options(args)).run();
    }

    private void run() {
        StringJoiner told = new StringJoiner(", ", "[", "]");
        try (KafkaConsumer<byte[], byte[]> first = member()) {
            pollUntil(List.of(first), () -> owned(first).size() == partitions);
            writeAndRead(List.of(first));
            told.add("[" + owned(first) + "]");
            try (KafkaConsumer<byte[], byte[]> second = member()) {
                List<KafkaConsumer<byte[], byte[]>> both = List.of(first, second);
                pollUntil(both, () -> !owned(second).isEmpty() && isShared(owned(first), second));
                writeAndRead(both);
                told.add("[" + owned(first) + ", " + owned(second) + "]");
            }
            pollUntil(List.of(first), () -> owned(first).size() == partitions);
            writeAndRead(List.of(first));
            told.add("[" + owned(first) + "]");
        }
        producer.close();
        long twice = read.values().stream().filter(count -> count > 1).count();
        System.out.printf("{\"owned\": %s, \"written\": %d, \"read\": %d, \"read_twice\": %d}%n",
            told, written, read.size(), twice);
    }

    private KafkaConsumer<byte[], byte[]> member() {
        Map<String, Object> settings = new HashMap<>();
        settings.put("bootstrap.servers", options.text("bootstrap"));
        settings.put("group.id", options.text("group"));
        settings.put("auto.offset.reset", "earliest");
        settings.put("enable.auto.commit", false);
        String protocol = options.text("protocol", "classic");
        if (!protocol.equals("classic")) {
            settings.put("group.protocol", protocol);
        } else {
            settings.put("heartbeat.interval.ms", 200);
            settings.put("partition.assignment.strategy", options.text("assignor",
                "org.apache.kafka.clients.consumer.RangeAssignor"));
        }
        KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(
            settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        consumer.subscribe(Set.of(topic));
        return consumer;
    }

    private boolean isShared(Set<Integer> one, KafkaConsumer<byte[], byte[]> other) {
        Set<Integer> all = new TreeSet<>(one);
        all.addAll(owned(other));
        return all.size() == partitions && one.size() + owned(other).size() == partitions;
    }

    private static Set<Integer> owned(KafkaConsumer<byte[], byte[]> consumer) {
        Set<Integer> found = new TreeSet<>();
        consumer.assignment().forEach(partition -> found.add(partition.partition()));
        return found;
    }

    private void writeAndRead(List<KafkaConsumer<byte[], byte[]>> members) {
        for (long i = 0; i < options.number("count", 10); i++) {
            for (int partition = 0; partition < partitions; partition++) {
                byte[] value = String.valueOf(written++).getBytes(StandardCharsets.UTF_8);
                producer.send(new ProducerRecord<>(topic, partition, null, value));
            }
        }
        producer.flush();
        pollUntil(members, () -> read.size() == written);
    }

    private void pollUntil(List<KafkaConsumer<byte[], byte[]>> members, BooleanSupplier isDone) {
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        do {
            for (KafkaConsumer<byte[], byte[]> member : members) {
                for (ConsumerRecord<byte[], byte[]> record : member.poll(POLL)) {
                    read.merge(new String(record.value(), StandardCharsets.UTF_8), 1, Integer::sum);
                }
                if (!member.assignment().isEmpty()) {
                    commit(member);
                }
            }
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException("not reached: " + read.size() + " of " + written
                    + " read, owned: " + members.stream().map(Members::owned).toList());
            }
        } while (!isDone.getAsBoolean());
    }

    /** What was read goes before a rebalance does: the next poll() joins again by itself. */
    private static void commit(KafkaConsumer<byte[], byte[]> member) {
        try {
            member.commitSync();
        } catch (org.apache.kafka.common.errors.RebalanceInProgressException again) {
            return;
        }
    }
}
