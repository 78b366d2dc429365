import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.connect.runtime.distributed.Crypto;

/**
 * Prints the names of all settings that MirrorMaker 2 of the class path knows, one a line, with who
 * knows it: "mirror topics", "client linger.ms". Run from its source.
 */
public class MirrorMakerKeys {
    private static final String MIRROR = "org.apache.kafka.connect.mirror.";
    private static final List<String> MIRROR_CLASSES = List.of(
        MIRROR + "MirrorMakerConfig", MIRROR + "MirrorSourceConfig",
        MIRROR + "MirrorCheckpointConfig", MIRROR + "MirrorHeartbeatConfig",
        MIRROR + "DefaultTopicFilter$TopicFilterConfig",
        MIRROR + "DefaultGroupFilter$GroupFilterConfig",
        MIRROR + "DefaultConfigPropertyFilter$ConfigPropertyFilterConfig",
        "org.apache.kafka.connect.runtime.distributed.DistributedConfig");

    public static void main(String[] arguments) throws Exception {
        Set<String> found = new TreeSet<>();
        for (String name : MIRROR_CLASSES) {
            for (String key : keysOf(Class.forName(name))) {
                found.add("mirror " + key);
            }
        }
        for (ConfigDef clients : List.of(ProducerConfig.configDef(), ConsumerConfig.configDef(),
                                         AdminClientConfig.configDef())) {
            for (String key : clients.names()) {
                found.add("client " + key);
            }
        }
        found.forEach(System.out::println);
    }

    /** Of every ConfigDef that the class has, as a field or by a function. */
    private static Set<String> keysOf(Class<?> holder) throws Exception {
        Set<String> keys = new TreeSet<>();
        for (Field field : holder.getDeclaredFields()) {
            if (Modifier.isStatic(field.getModifiers()) && field.getType() == ConfigDef.class) {
                field.setAccessible(true);
                keys.addAll(((ConfigDef) field.get(null)).names());
            }
        }
        for (Method method : holder.getDeclaredMethods()) {
            boolean gives = Modifier.isStatic(method.getModifiers())
                && method.getReturnType() == ConfigDef.class;
            method.setAccessible(true);
            if (gives && method.getParameterCount() == 0) {
                keys.addAll(((ConfigDef) method.invoke(null)).names());
            } else if (gives && method.getParameterTypes()[0] == Crypto.class) {
                keys.addAll(((ConfigDef) method.invoke(null, Crypto.SYSTEM)).names());
            }
        }
        return keys;
    }
}
