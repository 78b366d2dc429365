package lockstep;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;

/** Makes records: the same seed gives the same records. */
final class Shapes {
    private static final String[] CITIES = {"Lisbon", "Osaka", "Bergen", "Quito", "Accra", "Pune",
        "Tallinn", "Perth", "Ghent", "Leipzig", "Austin", "Cusco", "Hue", "Nantes", "Fes", "Split"};
    private static final String[] STATES = {"created", "paid", "packed", "shipped", "delivered",
        "returned", "cancelled", "refunded"};
    private static final String[] CURRENCIES = {"EUR", "USD", "JPY", "GBP", "NOK", "INR"};

    private final SplittableRandom random;
    private final String topic;
    private final String shape;
    private final int size;
    private final int partitions;
    private final long baseTimestamp = System.currentTimeMillis() - 3_600_000;

    Shapes(Options options, String topic, int partitions) {
        this.random = new SplittableRandom(options.number("seed", 42));
        this.topic = topic;
        this.shape = options.text("shape", "random");
        this.size = (int) options.number("size", 1000);
        this.partitions = partitions;
    }

    ProducerRecord<byte[], byte[]> next(long index) {
        switch (shape) {
            case "random":
                byte[] value = new byte[size];
                random.nextBytes(value);
                return new ProducerRecord<>(topic, value);
            case "json":
                return new ProducerRecord<>(topic, json(index));
            case "mixed":
                return mixed(index);
            default:
                throw new IllegalArgumentException("--shape " + shape);
        }
    }

    /** About 150 bytes; no two alike, as compressible as such events are. */
    private byte[] json(long index) {
        String text = "{\"order\":" + (10_000_000 + index)
            + ",\"customer\":\"c-" + random.nextInt(1_000_000)
            + "\",\"city\":\"" + CITIES[random.nextInt(CITIES.length)]
            + "\",\"state\":\"" + STATES[random.nextInt(STATES.length)]
            + "\",\"amount\":" + random.nextInt(1000) + "." + (10 + random.nextInt(90))
            + ",\"currency\":\"" + CURRENCIES[random.nextInt(CURRENCIES.length)]
            + "\",\"at\":" + (baseTimestamp + index)
            + ",\"trace\":\"" + Integer.toHexString(random.nextInt()) + "\"}";
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** Every odd thing a record can have: null and empty keys and values, headers, timestamps. */
    private ProducerRecord<byte[], byte[]> mixed(long index) {
        byte[] key = index % 5 == 0 ? null : bytes("java-key-" + index);
        String text = "java-value-" + index + "-".repeat(random.nextInt(300));
        byte[] value = index % 7 == 0 ? null : bytes(text);
        List<Header> headers = new ArrayList<>();
        for (int i = 0; i < index % 4; i++) {
            byte[] header = i == 2 ? null : bytes("header-" + index + "-" + i);
            headers.add(new RecordHeader("h" + i / 2, header));
        }
        long timestamp = baseTimestamp + index * 10 - (index % 3) * 1000;  // not in order
        int partition = (int) (index % partitions);
        return new ProducerRecord<>(topic, partition, timestamp, key, value, headers);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
