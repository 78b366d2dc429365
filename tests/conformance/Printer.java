// Prints Kafka's message classes as the C++ side's to_json does, by reflection. Bytes alone do not
// show two fields of one type that have changed places, or a known tag that was taken for an
// unknown one; this text does.

import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.util.Collection;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.types.BoundField;
import org.apache.kafka.common.protocol.types.RawTaggedField;
import org.apache.kafka.common.protocol.types.Schema;
import org.apache.kafka.common.protocol.types.TaggedFields;
import org.apache.kafka.common.protocol.types.Type;

final class Printer {
    private final StringBuilder out = new StringBuilder();

    static String print(Message message, short version) throws Exception {
        Printer printer = new Printer();
        printer.struct(message, Filler.schemaOf(message, version));
        return printer.out.toString();
    }

    private void struct(Message message, Schema schema) throws Exception {
        Map<String, Field> fields = Filler.fieldsOf(message.getClass());
        out.append('{');
        for (BoundField bound : schema.fields()) {
            if (bound.def.type instanceof TaggedFields) {
                tags(message, fields, (TaggedFields) bound.def.type);
            } else {
                key(bound.def.name);
                value(fields.get(bound.def.name).get(message), bound.def.type);
            }
        }
        out.append('}');
    }

    private void tags(Message message, Map<String, Field> fields, TaggedFields tags)
            throws Exception {
        Constructor<?> constructor = message.getClass().getDeclaredConstructor();
        constructor.setAccessible(true);
        Object untouched = constructor.newInstance();
        for (org.apache.kafka.common.protocol.types.Field tag : Filler.knownTags(tags)) {
            Field field = fields.get(tag.name);
            Object value = field.get(message);
            if (!Objects.deepEquals(value, field.get(untouched))) {
                key(tag.name);
                value(value, tag.type);
            }
        }
        if (message.unknownTaggedFields().isEmpty()) {
            return;
        }
        key("unknown_tags");
        out.append('{');
        for (RawTaggedField unknown : message.unknownTaggedFields()) {
            key(String.valueOf(unknown.tag()));
            hex(unknown.data());
        }
        out.append('}');
    }

    private void value(Object value, Type type) throws Exception {
        if (value == null) {
            out.append("null");
        } else if (type instanceof Schema) {
            struct((Message) value, (Schema) type);
        } else if (type.arrayElementType().isPresent()) {
            out.append('[');
            for (Object item : (Collection<?>) value) {
                comma();
                value(item, type.arrayElementType().get());
            }
            out.append(']');
        } else if (type.toString().contains("RECORDS")) {
            out.append('"').append(value.getClass().getMethod("sizeInBytes").invoke(value));
            out.append(" bytes\"");
        } else if (value instanceof byte[]) {
            hex((byte[]) value);
        } else if (value instanceof Double) {
            out.append(value.toString().replaceAll("\\.0$", ""));
        } else if (value instanceof Number || value instanceof Boolean) {
            out.append(value);
        } else {
            String text = value.toString().replace("\\", "\\\\").replace("\"", "\\\"");
            out.append('"').append(text).append('"');
        }
    }

    private void key(String name) {
        comma();
        out.append('"').append(name).append("\":");
    }

    private void comma() {
        char last = out.charAt(out.length() - 1);
        if (last != '{' && last != '[') {
            out.append(',');
        }
    }

    private void hex(byte[] bytes) {
        out.append('"');
        for (byte b : bytes) {
            out.append(String.format("%02x", b));
        }
        out.append('"');
    }
}
