package lockstep;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Several producers whose transactions overlap and go to several partitions each. A record's value
 * begins with the name of its transaction, "PREFIX-NUMBER "; every fifth is aborted.
 *
 * <pre>
 * Transactions --bootstrap B --topic T[,T...] --prefix P --count N [--first 0] [--producers 3]
 *              [--seed 42] [--pause MILLISECONDS]   after each round of the producers
 * </pre>
 *
 * The transactions are numbered from FIRST on. Each partition of each gets two to four records, in
 * two parts. SIGTERM ends it when those that are open are decided. Prints one line of JSON: how
 * many were committed.
 */
public final class Transactions {
    private static final int ABORT_EVERY = 5;

    private final Options options;
    private final String prefix;
    private final SplittableRandom random;
    private final List<KafkaProducer<byte[], byte[]>> producers = new ArrayList<>();
    private final List<TopicPartition> partitions = new ArrayList<>();
    private final long end;
    private long next;
    private long committed = 0;
    private volatile boolean isStopped = false;

    private Transactions(Options options) {
        this.options = options;
        this.prefix = options.text("prefix");
        this.random = new SplittableRandom(options.number("seed", 42));
        this.next = options.number("first", 0);
        this.end = next + options.number("count", 0);
    }

    public static void main(String[] args) throws InterruptedException {
        Transactions all = new Transactions(new Options(args));
        Thread main = Thread.currentThread();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            all.isStopped = true;
            try {
                main.join();
            } catch (InterruptedException stop) {
                Thread.currentThread().interrupt();
            }
        }));
        all.run();
    }

    private void run() throws InterruptedException {
        for (long i = 0; i < options.number("producers", 3); i++) {
            Map<String, Object> settings = new HashMap<>();
            settings.put("bootstrap.servers", options.text("bootstrap"));
            settings.put("transactional.id", prefix + "-" + i);
            KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
                settings, new ByteArraySerializer(), new ByteArraySerializer());
            producer.initTransactions();
            producers.add(producer);
        }
        for (String topic : options.text("topic").split(",")) {
            producers.get(0).partitionsFor(topic).forEach(
                info -> partitions.add(new TopicPartition(topic, info.partition())));
        }
        while (next < end && !isStopped) {
            round();
            Thread.sleep(options.number("pause", 0));
        }
        producers.forEach(KafkaProducer::close);
        System.out.printf("{\"committed\": %d}%n", committed);
    }

    /** One transaction of each producer; all are open at the same time. */
    private void round() {
        List<List<TopicPartition>> chosen = new ArrayList<>();
        for (KafkaProducer<byte[], byte[]> producer : producers) {
            producer.beginTransaction();
            chosen.add(choose());
        }
        for (int part = 0; part < 2; part++) {
            for (int i = 0; i < producers.size(); i++) {
                send(producers.get(i), next + i, chosen.get(i));
            }
        }
        for (KafkaProducer<byte[], byte[]> producer : producers) {
            if (next++ % ABORT_EVERY == 0) {
                producer.abortTransaction();
            } else {
                producer.commitTransaction();
                committed++;
            }
        }
    }

    private List<TopicPartition> choose() {
        List<TopicPartition> some = new ArrayList<>();
        while (some.isEmpty()) {
            for (TopicPartition partition : partitions) {
                if (random.nextInt(3) > 0) {
                    some.add(partition);
                }
            }
        }
        return some;
    }

    private void send(KafkaProducer<byte[], byte[]> producer, long number,
            List<TopicPartition> to) {
        for (TopicPartition partition : to) {
            for (int i = random.nextInt(2); i < 2; i++) {
                byte[] value = (prefix + "-" + number + " record").getBytes(StandardCharsets.UTF_8);
                producer.send(new ProducerRecord<>(
                    partition.topic(), partition.partition(), null, value));
            }
        }
        producer.flush();
    }
}
