package lockstep;

import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.StringJoiner;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.AcknowledgeType;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * A member of a share group: {@code ShareRead --bootstrap B --topic T --group G --count N}.
 *
 * <p>Is delivered N records, at most {@code --at-once} of them by one poll, and acknowledges them,
 * except for the offsets of {@code --leave 3,7}, which must come with the last poll: these are
 * given back when it leaves. Prints one line of JSON: partition and offset of each record. With
 * {@code --hold true} it then stays a member until it is told to end (SIGTERM).
 */
public final class ShareRead {
    private static final Duration POLL = Duration.ofMillis(200);
    private static final long PATIENCE_NANOS = 60_000_000_000L;

    private ShareRead() {}

    public static void main(String[] args) throws Exception {
        Options options = new Options(args);
        int count = (int) options.number("count", 1);
        int atOnce = (int) options.number("at-once", count);
        Map<String, Object> settings = new HashMap<>();
        settings.put("bootstrap.servers", options.text("bootstrap"));
        settings.put("group.id", options.text("group"));
        settings.put("share.acknowledgement.mode", "explicit");
        settings.put("share.acquire.mode", "record_limit");
        settings.put("max.poll.records", atOnce);
        Set<Long> left = Arrays.stream(options.text("leave", "").split(","))
            .filter(word -> !word.isEmpty()).map(Long::valueOf).collect(Collectors.toSet());
        try (KafkaShareConsumer<byte[], byte[]> consumer = new KafkaShareConsumer<>(
                settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.subscribe(Set.of(options.text("topic")));
            System.out.println(read(consumer, count, left));
            if (Boolean.parseBoolean(options.text("hold", "false"))) {
                stay();
            }
        }
    }

    private static String read(KafkaShareConsumer<byte[], byte[]> consumer, int count,
            Set<Long> left) {
        StringJoiner delivered = new StringJoiner(", ", "[", "]");
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        int read = 0;
        while (read < count) {
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException("only " + read + " records: " + delivered);
            }
            ConsumerRecords<byte[], byte[]> records = consumer.poll(POLL);
            for (ConsumerRecord<byte[], byte[]> record : records) {
                read++;
                delivered.add(String.format("[%d, %d]", record.partition(), record.offset()));
                if (!left.contains(record.offset())) {
                    consumer.acknowledge(record, AcknowledgeType.ACCEPT);
                }
            }
            consumer.commitSync().forEach((partition, error) -> error.ifPresent(thrown -> {
                throw new IllegalStateException("acknowledging " + partition, thrown);
            }));
        }
        return delivered.toString();
    }

    /** Reads no more, as nobody would hear of it; heartbeats go on by themselves. */
    private static void stay() throws InterruptedException {
        CountDownLatch ended = new CountDownLatch(1);
        Thread main = Thread.currentThread();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            ended.countDown();
            try {
                main.join();
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
        }));
        ended.await();
    }
}
