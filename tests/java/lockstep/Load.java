package lockstep;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * The Java producer with its default settings.
 *
 * <pre>
 * Load --bootstrap B --topic T[,T...] --records N [--shape random|json|mixed] [--size BYTES]
 *      [--codec none[,CODEC...]]   one for each topic
 *      [--seed 42] [--rate RECORDS_PER_SECOND]
 *      [--linger-ms MS]            0: the client's own default
 *      [--transaction-records N]   transactions of N records; every third is aborted
 * </pre>
 *
 * The topics must exist and get N records each. Prints one line of JSON; exits with 1 unless every
 * record was acknowledged.
 */
public final class Load {
    private static final int ABORT_EVERY = 3;

    private final Options options;
    private final String topic;
    private final String codec;
    private final long records;
    private final long transactionRecords;
    private final AtomicReference<Exception> failure = new AtomicReference<>();

    private Load(Options options, String topic, String codec) {
        this.options = options;
        this.topic = topic;
        this.codec = codec;
        this.records = options.number("records", 0);
        this.transactionRecords = options.number("transaction-records", 0);
    }

    public static void main(String[] args) {
        Options options = new Options(args);
        String[] topics = options.text("topic").split(",");
        String[] codecs = options.text("codec", "none").split(",");
        long start = System.nanoTime();
        for (int i = 0; i < topics.length; i++) {
            new Load(options, topics[i], codecs[i % codecs.length]).run();
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        System.out.printf("{\"records\": %d, \"seconds\": %.3f}%n",
            topics.length * options.number("records", 0), seconds);
    }

    private void run() {
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(
                    settings(), new ByteArraySerializer(), new ByteArraySerializer())) {
            Shapes shapes = new Shapes(options, topic, producer.partitionsFor(topic).size());
            if (transactionRecords > 0) {
                producer.initTransactions();
                sendTransactions(producer, shapes);
            } else {
                send(producer, shapes, 0, records);
            }
            producer.flush();
        }
        if (failure.get() != null) {
            failure.get().printStackTrace();
            System.exit(1);
        }
    }

    private Map<String, Object> settings() {
        Map<String, Object> settings = new HashMap<>();
        settings.put("bootstrap.servers", options.text("bootstrap"));
        settings.put("compression.type", codec);
        if (options.number("linger-ms", 0) > 0) {
            settings.put("linger.ms", options.text("linger-ms"));
        }
        if (transactionRecords > 0) {
            settings.put("transactional.id", "load-" + topic);
        }
        return settings;
    }

    private void sendTransactions(KafkaProducer<byte[], byte[]> producer, Shapes shapes) {
        long transaction = 0;
        for (long first = 0; first < records; first += transactionRecords) {
            producer.beginTransaction();
            send(producer, shapes, first, Math.min(records, first + transactionRecords));
            if (++transaction % ABORT_EVERY == 0) {
                producer.flush();  // else the batches never reach the log
                producer.abortTransaction();
            } else {
                producer.commitTransaction();
            }
        }
    }

    private void send(KafkaProducer<byte[], byte[]> producer, Shapes shapes, long from, long to) {
        long rate = options.number("rate", 0);
        long start = System.nanoTime();
        for (long i = from; i < to && failure.get() == null; i++) {
            if (rate > 0) {
                waitUntil(start + (i - from) * 1_000_000_000L / rate);
            }
            producer.send(shapes.next(i), (metadata, exception) -> {
                if (exception != null) {
                    failure.compareAndSet(null, exception);
                }
            });
        }
    }

    static void waitUntil(long nanos) {
        for (long left = nanos - System.nanoTime(); left > 0; left = nanos - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }
}
