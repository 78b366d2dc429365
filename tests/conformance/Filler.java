// Fills Kafka's message classes with random values by reflection: what the version's schema has,
// and nothing else, for Kafka refuses to write fields that a version does not have.

import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.ParameterizedType;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.types.BoundField;
import org.apache.kafka.common.protocol.types.RawTaggedField;
import org.apache.kafka.common.protocol.types.Schema;
import org.apache.kafka.common.protocol.types.TaggedFields;
import org.apache.kafka.common.protocol.types.Type;

final class Filler {
    private static final double NULL_CHANCE = 0.25;
    private static final double TAG_CHANCE = 0.6;
    private static final int FIRST_UNKNOWN_TAG = 100;
    private static final String LETTERS = "abcXYZ019 _-.\u00e9\u4e2d\"\\";

    private final Random random;

    Filler(long seed) {
        random = new Random(seed);
    }

    void fill(Message message, short version) throws Exception {
        fill(message, schemaOf(message, version));
    }

    static Schema schemaOf(Message message, short version) throws Exception {
        return ((Schema[]) message.getClass().getField("SCHEMAS").get(null))[version];
    }

    /** In the order of their tags. */
    static List<org.apache.kafka.common.protocol.types.Field> knownTags(TaggedFields tags)
            throws Exception {
        Field known = TaggedFields.class.getDeclaredField("fields");
        known.setAccessible(true);
        List<org.apache.kafka.common.protocol.types.Field> fields = new ArrayList<>();
        for (Object field : new TreeMap<>((Map<?, ?>) known.get(tags)).values()) {
            fields.add((org.apache.kafka.common.protocol.types.Field) field);
        }
        return fields;
    }

    private void fill(Message message, Schema schema) throws Exception {
        Map<String, Field> fields = fieldsOf(message.getClass());
        for (BoundField bound : schema.fields()) {
            if (bound.def.type instanceof TaggedFields) {
                fillTags(message, fields, (TaggedFields) bound.def.type);
            } else {
                fill(message, fields.get(bound.def.name), bound.def.type);
            }
        }
    }

    private void fillTags(Message message, Map<String, Field> fields, TaggedFields tags)
            throws Exception {
        for (org.apache.kafka.common.protocol.types.Field tag : knownTags(tags)) {
            if (random.nextDouble() < TAG_CHANCE) {
                fill(message, fields.get(tag.name), tag.type);
            }
        }
        int number = FIRST_UNKNOWN_TAG;
        for (int i = random.nextInt(10); i < 2; i++) {
            number += 1 + random.nextInt(10_000);
            message.unknownTaggedFields().add(new RawTaggedField(number, bytes()));
        }
    }

    private void fill(Message owner, Field field, Type type) throws Exception {
        if (type.isNullable() && random.nextDouble() < NULL_CHANCE) {
            field.set(owner, null);
        } else if (type instanceof Schema) {
            field.set(owner, struct(field.getType(), (Schema) type));
        } else if (type.arrayElementType().isPresent()) {
            field.set(owner, array(field, type.arrayElementType().get()));
        } else if (type.toString().contains("RECORDS")) {
            field.set(owner, records());
        } else if (field.getType() == byte[].class) {
            field.set(owner, bytes());
        } else if (field.getType() == ByteBuffer.class) {
            field.set(owner, ByteBuffer.wrap(bytes()));
        } else {
            field.set(owner, scalar(field.getType()));
        }
    }

    private Message struct(Class<?> type, Schema schema) throws Exception {
        Constructor<?> constructor = type.getDeclaredConstructor();
        constructor.setAccessible(true);
        Message message = (Message) constructor.newInstance();
        fill(message, schema);
        return message;
    }

    @SuppressWarnings("unchecked")
    private Object array(Field field, Type elementType) throws Exception {
        boolean isList = field.getType() == List.class;
        Collection<Object> items = isList
                ? new ArrayList<>()
                : (Collection<Object>) field.getType().getDeclaredConstructor().newInstance();
        ParameterizedType generic = (ParameterizedType) (
                isList ? field.getGenericType() : field.getType().getGenericSuperclass());
        Class<?> element = (Class<?>) generic.getActualTypeArguments()[0];
        for (int left = random.nextInt(4); left > 0; left--) {
            items.add(elementType instanceof Schema
                    ? struct(element, (Schema) elementType)
                    : scalar(element));
        }
        return items;
    }

    private Object scalar(Class<?> type) {
        if (type == boolean.class || type == Boolean.class) {
            return random.nextBoolean();
        } else if (type == byte.class || type == Byte.class) {
            return (byte) number();
        } else if (type == short.class || type == Short.class) {
            return (short) number();
        } else if (type == int.class || type == Integer.class) {
            return (int) number();
        } else if (type == long.class || type == Long.class) {
            return number();
        } else if (type == double.class || type == Double.class) {
            return random.nextInt(4_000_000) / 4.0;  // both sides print quarters alike
        } else if (type == String.class) {
            return text();
        } else if (type == Uuid.class) {
            return new Uuid(random.nextLong(), random.nextLong());
        }
        throw new IllegalStateException("no random values for " + type);
    }

    private long number() {
        long bits = random.nextLong();
        return random.nextInt(3) == 0 ? bits : bits & 0x3f;
    }

    private String text() {
        StringBuilder text = new StringBuilder();
        for (int left = random.nextInt(20) == 0 ? 300 : random.nextInt(12); left > 0; left--) {
            text.append(LETTERS.charAt(random.nextInt(LETTERS.length())));
        }
        return text.toString();
    }

    private byte[] bytes() {
        byte[] bytes = new byte[random.nextInt(20)];
        random.nextBytes(bytes);
        return bytes;
    }

    /** MemoryRecords has moved to another package in Kafka 4. */
    private Object records() throws Exception {
        Class<?> type;
        try {
            type = Class.forName("org.apache.kafka.common.record.MemoryRecords");
        } catch (ClassNotFoundException e) {
            type = Class.forName("org.apache.kafka.common.record.internal.MemoryRecords");
        }
        byte[] bytes = new byte[random.nextInt(200)];
        random.nextBytes(bytes);
        return type.getMethod("readableRecords", ByteBuffer.class)
                .invoke(null, ByteBuffer.wrap(bytes));
    }

    static Map<String, Field> fieldsOf(Class<?> type) {
        Map<String, Field> fields = new HashMap<>();
        for (Field field : type.getDeclaredFields()) {
            field.setAccessible(true);
            fields.put(snakeCase(field.getName()), field);
        }
        return fields;
    }

    /** Schemas name fields in snake case, classes in camel case. */
    private static String snakeCase(String camelCase) {
        StringBuilder snake = new StringBuilder();
        for (char c : camelCase.toCharArray()) {
            if (Character.isUpperCase(c)) {
                snake.append('_');
            }
            snake.append(Character.toLowerCase(c));
        }
        return snake.toString();
    }
}
