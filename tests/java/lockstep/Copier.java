package lockstep;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Copies a topic in transactions, offsets of its group in the same: consume, process, produce.
 *
 * <pre>
 * Copier --bootstrap B --from T --to T --group G --records N [--at-once 20] [--abort-every 3]
 * </pre>
 *
 * <p>Ends once N records are committed; each transaction has those of one poll, and some are
 * aborted and done again. Prints one line of JSON: how many of each.
 */
public final class Copier {
    private static final Duration POLL = Duration.ofMillis(200);
    private static final long PATIENCE_NANOS = 60_000_000_000L;

    private final Options options;
    private final KafkaConsumer<byte[], byte[]> consumer;
    private final KafkaProducer<byte[], byte[]> producer;

    private Copier(Options options) {
        this.options = options;
        Map<String, Object> settings = new HashMap<>();
        settings.put("bootstrap.servers", options.text("bootstrap"));
        settings.put("group.id", options.text("group"));
        settings.put("auto.offset.reset", "earliest");
        settings.put("enable.auto.commit", false);
        settings.put("isolation.level", "read_committed");
        settings.put("max.poll.records", (int) options.number("at-once", 20));
        consumer = new KafkaConsumer<>(
            settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        producer = new KafkaProducer<>(
            Map.of("bootstrap.servers", options.text("bootstrap"),
                "transactional.id", options.text("group") + "-copier"),
            new ByteArraySerializer(), new ByteArraySerializer());
    }

    public static void main(String[] args) {
        new Copier(new Options(args)).run();
    }

    private void run() {
        producer.initTransactions();
        consumer.subscribe(Set.of(options.text("from")));
        long records = 0;
        long transactions = 0;
        long aborted = 0;
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        while (records < options.number("records", 0)) {
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException("only " + records + " records are copied");
            }
            ConsumerRecords<byte[], byte[]> found = consumer.poll(POLL);
            if (found.isEmpty()) {
                continue;
            }
            copy(found);
            if (++transactions % options.number("abort-every", 3) == 0) {
                producer.flush();  // else the batches never reach the log
                producer.abortTransaction();
                goBack(found);
                aborted++;
            } else {
                producer.commitTransaction();
                records += found.count();
            }
        }
        producer.close();
        consumer.close();
        System.out.printf("{\"records\": %d, \"committed\": %d, \"aborted\": %d}%n",
            records, transactions - aborted, aborted);
    }

    private void copy(ConsumerRecords<byte[], byte[]> found) {
        producer.beginTransaction();
        Map<TopicPartition, OffsetAndMetadata> next = new HashMap<>();
        for (ConsumerRecord<byte[], byte[]> record : found) {
            producer.send(new ProducerRecord<>(
                options.text("to"), record.partition(), record.key(), record.value()));
            next.put(new TopicPartition(record.topic(), record.partition()),
                new OffsetAndMetadata(record.offset() + 1));
        }
        producer.sendOffsetsToTransaction(next, consumer.groupMetadata());
    }

    /** To where the group is, as the transaction never was. */
    private void goBack(ConsumerRecords<byte[], byte[]> found) {
        consumer.committed(found.partitions()).forEach((partition, committed) -> {
            if (committed == null) {
                consumer.seekToBeginning(Set.of(partition));
            } else {
                consumer.seek(partition, committed);
            }
        });
    }
}
