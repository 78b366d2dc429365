// The Java half of the conformance test: Apache Kafka's own message classes are the oracle. Plain
// javac, against the jars of any Kafka from 2.8 on; see run.sh. The vectors' form is described in
// conformance.cpp.
//
//     Conformance generate TEXT KEYS SEED COUNT FILE    the default, and COUNT random
//                                                       vectors per message and version
//     Conformance check TEXT FILE [REST]                decode, encode again, compare. Vectors of
//                                                       versions that these jars do not have go to
//                                                       REST; without REST they are failures.
//
// TEXT is "text" where the values are compared by name too, or "bytes": old jars have old names.

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.apache.kafka.common.message.ApiMessageType;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.ObjectSerializationCache;

public final class Conformance {
    /** The text of a vector that is a message nobody has touched. */
    private static final byte[] DEFAULT = "default".getBytes(UTF_8);

    private static boolean hasText = false;
    private static int vectors = 0;
    private static int failures = 0;

    public static void main(String[] args) throws Exception {
        hasText = args.length > 1 && args[1].equals("text");
        if (args.length == 6 && args[0].equals("generate")) {
            generate(args[2], Long.parseLong(args[3]), Integer.parseInt(args[4]), args[5]);
        } else if ((args.length == 3 || args.length == 4) && args[0].equals("check")) {
            check(args[2], args.length == 4 ? args[3] : null);
        } else {
            System.err.println("usage: generate text|bytes KEYS SEED COUNT FILE"
                    + " | check text|bytes FILE [REST]");
            System.exit(2);
        }
        System.exit(failures == 0 ? 0 : 1);
    }

    private static void generate(String keys, long seed, int count, String path) throws Exception {
        Filler filler = new Filler(seed);
        try (DataOutputStream out = output(path)) {
            for (String key : keys.split(",")) {
                for (boolean isResponse : new boolean[] {false, true}) {
                    ApiMessage empty = create(Short.parseShort(key), isResponse);
                    if (empty != null) {
                        generate(filler, empty, isResponse, count, out);
                    }
                }
            }
        }
        System.out.println("Kafka wrote " + vectors + " vectors");
    }

    private static void generate(Filler filler, ApiMessage empty, boolean isResponse, int count,
                                 DataOutputStream out) throws Exception {
        for (short version = empty.lowestSupportedVersion();
                version <= empty.highestSupportedVersion(); version++) {
            if (hasText) {
                byte[] untouched = encode(empty, version);
                write(out, empty.apiKey(), isResponse, version, untouched, DEFAULT);
                vectors++;
            }
            for (int i = 0; i < count; i++) {
                ApiMessage message = create(empty.apiKey(), isResponse);
                filler.fill(message, version);
                byte[] text = (hasText ? Printer.print(message, version) : "").getBytes(UTF_8);
                write(out, empty.apiKey(), isResponse, version, encode(message, version), text);
                vectors++;
            }
        }
    }

    private static void check(String path, String restPath) throws Exception {
        int passedOn = 0;
        try (DataInputStream in = new DataInputStream(
                     new BufferedInputStream(new FileInputStream(path)));
                DataOutputStream rest = restPath == null ? null : output(restPath)) {
            while (in.available() > 0) {
                short key = in.readShort();
                boolean isResponse = in.readBoolean();
                short version = in.readShort();
                byte[] bytes = readSized(in);
                byte[] text = readSized(in);
                ApiMessage message = create(key, isResponse);
                boolean isKnown = message != null && version >= message.lowestSupportedVersion()
                        && version <= message.highestSupportedVersion();
                if (isKnown) {
                    check(message, version, bytes, text);
                } else if (rest != null) {
                    write(rest, key, isResponse, version, bytes, text);
                    passedOn++;
                } else {
                    fail("api key " + key, version, "these jars do not have it");
                }
            }
        }
        System.out.println("Lockstep -> Kafka: " + vectors + " vectors, " + failures
                + " failures, " + passedOn + " left for older jars");
    }

    private static void check(ApiMessage message, short version, byte[] bytes, byte[] text)
            throws Exception {
        vectors++;
        String name = message.getClass().getSimpleName();
        try {
            ByteBuffer buffer = ByteBuffer.wrap(bytes);
            message.read(new ByteBufferAccessor(buffer), version);
            if (buffer.hasRemaining()) {
                fail(name, version, buffer.remaining() + " bytes left over");
                return;
            }
            byte[] again = encode(message, version);
            int position = Arrays.mismatch(again, bytes);
            if (position >= 0) {
                fail(name, version, "first difference at byte " + position + " (Kafka "
                        + again.length + " bytes, Lockstep " + bytes.length + "): " + message);
            }
            String ours = new String(text, UTF_8);
            String kafkas = Printer.print(message, version);
            if (hasText && !ours.equals(kafkas)) {
                fail(name, version, "Lockstep says " + ours + "\n    Kafka says " + kafkas);
            }
        } catch (RuntimeException e) {
            fail(name, version, e.toString());
        }
    }

    private static void fail(String name, short version, String problem) {
        System.err.println(name + " v" + version + ": " + problem);
        failures++;
    }

    /** Null where these jars do not have the message. */
    private static ApiMessage create(short key, boolean isResponse) {
        try {
            ApiMessageType type = ApiMessageType.fromApiKey(key);
            return isResponse ? type.newResponse() : type.newRequest();
        } catch (RuntimeException e) {
            return null;
        }
    }

    private static byte[] encode(Message message, short version) {
        ObjectSerializationCache cache = new ObjectSerializationCache();
        ByteBuffer buffer = ByteBuffer.allocate(message.size(cache, version));
        message.write(new ByteBufferAccessor(buffer), cache, version);
        return buffer.array();
    }

    private static void write(DataOutputStream out, short key, boolean isResponse, short version,
                              byte[] bytes, byte[] text) throws IOException {
        out.writeShort(key);
        out.writeBoolean(isResponse);
        out.writeShort(version);
        out.writeInt(bytes.length);
        out.write(bytes);
        out.writeInt(text.length);
        out.write(text);
    }

    private static byte[] readSized(DataInputStream in) throws IOException {
        byte[] bytes = new byte[in.readInt()];
        in.readFully(bytes);
        return bytes;
    }

    private static DataOutputStream output(String path) throws IOException {
        return new DataOutputStream(new BufferedOutputStream(new FileOutputStream(path)));
    }
}
