package lockstep;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Reads a topic from its start to its present end:
 * {@code Digest --bootstrap B --topic T [--offsets yes|no]}.
 *
 * <p>Prints one line of JSON: for each partition how many records, and a SHA-256 over offset
 * (unless told not to), timestamp, key, value and headers of all of them, in order. Equal lines
 * mean equal topics.
 */
public final class Digest {
    private static final Duration POLL = Duration.ofMillis(200);
    private static final long PATIENCE_NANOS = 60_000_000_000L;

    private final MessageDigest digest;
    private final ByteBuffer numbers = ByteBuffer.allocate(Long.BYTES);
    private final boolean withOffsets;
    private long records = 0;

    private Digest(boolean withOffsets) throws Exception {
        this.withOffsets = withOffsets;
        digest = MessageDigest.getInstance("SHA-256");
    }

    public static void main(String[] args) throws Exception {
        Options options = new Options(args);
        Map<String, Object> settings = new HashMap<>();
        settings.put("bootstrap.servers", options.text("bootstrap"));
        settings.put("max.poll.records", 5000);
        settings.put("fetch.max.bytes", 64 << 20);
        settings.put("max.partition.fetch.bytes", 4 << 20);
        settings.put("enable.auto.commit", false);
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(
                settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            System.out.println(toJson(digestOf(consumer, options)));
        }
    }

    private static Map<Integer, Digest> digestOf(
            KafkaConsumer<byte[], byte[]> consumer, Options options) throws Exception {
        String topic = options.text("topic");
        boolean withOffsets = !options.text("offsets", "yes").equals("no");
        List<TopicPartition> partitions = consumer.partitionsFor(topic).stream()
            .map(info -> new TopicPartition(topic, info.partition())).collect(Collectors.toList());
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
        Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
        Map<Integer, Digest> digests = new TreeMap<>();
        for (TopicPartition partition : partitions) {
            digests.put(partition.partition(), new Digest(withOffsets));
        }
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        while (partitions.stream().anyMatch(p -> consumer.position(p) < ends.get(p))) {
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                if (record.offset() < ends.get(new TopicPartition(topic, record.partition()))) {
                    digests.get(record.partition()).add(record);
                    deadline = System.nanoTime() + PATIENCE_NANOS;
                }
            }
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException("no records any more before the end of " + topic);
            }
        }
        return digests;
    }

    private static String toJson(Map<Integer, Digest> digests) {
        StringJoiner json = new StringJoiner(", ", "{", "}");
        digests.forEach((partition, d) -> json.add(String.format(
            "\"%d\": {\"records\": %d, \"sha256\": \"%s\"}", partition, d.records,
            HexFormat.of().formatHex(d.digest.digest()))));
        return json.toString();
    }

    private void add(ConsumerRecord<byte[], byte[]> record) {
        records++;
        if (withOffsets) {
            number(record.offset());
        }
        number(record.timestamp());
        bytes(record.key());
        bytes(record.value());
        for (Header header : record.headers()) {
            bytes(header.key().getBytes(StandardCharsets.UTF_8));
            bytes(header.value());
        }
    }

    private void number(long value) {
        digest.update(numbers.clear().putLong(value).array());
    }

    private void bytes(byte[] value) {
        number(value == null ? -1 : value.length);
        if (value != null) {
            digest.update(value);
        }
    }
}
