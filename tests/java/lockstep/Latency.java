package lockstep;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * From {@code send()} at the source to {@code poll()} at the target, in one JVM and on one clock.
 *
 * <pre>
 * Latency --source B --topic T --target B [--target-topic T]
 *         [--rate 1000] [--seconds 20] [--warmup 10] [--size 100]
 * </pre>
 *
 * Both topics must exist. Prints one line of JSON with milliseconds. With the source given as
 * target too it measures the floor: what a consumer on the source itself sees.
 */
public final class Latency {
    private static final Duration POLL = Duration.ofMillis(100);
    private static final long PATIENCE_NANOS = 10_000_000_000L;

    private final Options options;
    private final long rate;
    private final long warmup;  // records
    private final long records;
    private final long[] nanos;
    private int received = 0;
    private final AtomicBoolean consumerReady = new AtomicBoolean();

    private Latency(Options options) {
        this.options = options;
        this.rate = options.number("rate", 1000);
        this.warmup = rate * options.number("warmup", 10);
        this.records = warmup + rate * options.number("seconds", 20);
        this.nanos = new long[(int) (records - warmup)];
    }

    public static void main(String[] args) throws Exception {
        Latency latency = new Latency(new Options(args));
        Thread consumer = new Thread(latency::consume, "consumer");
        consumer.start();
        latency.produce();
        consumer.join();
        latency.print();
    }

    private void produce() throws Exception {
        Map<String, Object> settings = Map.of(
            "bootstrap.servers", options.text("source"), "linger.ms", 0);
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
                settings, new ByteArraySerializer(), new ByteArraySerializer())) {
            producer.partitionsFor(options.text("topic"));
            while (!consumerReady.get()) {
                Thread.onSpinWait();
            }
            int size = (int) options.number("size", 100);
            long start = System.nanoTime();
            for (long i = 0; i < records; i++) {
                Load.waitUntil(start + i * 1_000_000_000L / rate);
                ByteBuffer value = ByteBuffer.allocate(size);
                value.putLong(i).putLong(System.nanoTime());
                producer.send(new ProducerRecord<>(options.text("topic"), value.array()));
            }
        }
    }

    private void consume() {
        Map<String, Object> settings = Map.of(
            "bootstrap.servers", options.text("target"), "enable.auto.commit", false);
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(
                settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            String topic = options.text("target-topic", options.text("topic"));
            List<TopicPartition> partitions = consumer.partitionsFor(topic).stream()
                .map(info -> new TopicPartition(topic, info.partition()))
                .collect(Collectors.toList());
            consumer.assign(partitions);
            consumer.seekToEnd(partitions);
            partitions.forEach(consumer::position);
            consumerReady.set(true);
            long deadline = System.nanoTime() + PATIENCE_NANOS;
            while (received < nanos.length && System.nanoTime() < deadline) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                    take(record, System.nanoTime());
                    deadline = System.nanoTime() + PATIENCE_NANOS;
                }
            }
        }
    }

    private void take(ConsumerRecord<byte[], byte[]> record, long now) {
        ByteBuffer value = ByteBuffer.wrap(record.value());
        if (value.getLong() >= warmup && received < nanos.length) {
            nanos[received++] = now - value.getLong();
        }
    }

    private void print() {
        long[] sorted = Arrays.copyOf(nanos, received);
        Arrays.sort(sorted);
        if (received < nanos.length) {
            System.err.println("only " + received + " of " + nanos.length + " records arrived");
            System.exit(1);
        }
        System.out.printf("{\"records\": %d, \"p50_ms\": %.3f, \"p90_ms\": %.3f, \"p99_ms\": %.3f, "
            + "\"max_ms\": %.3f}%n",
            received, at(sorted, 0.50), at(sorted, 0.90), at(sorted, 0.99), at(sorted, 1.0));
    }

    private static double at(long[] sorted, double quantile) {
        int index = (int) Math.floor(sorted.length * quantile);
        return sorted[Math.min(sorted.length - 1, index)] / 1e6;
    }
}
