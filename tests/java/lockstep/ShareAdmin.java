package lockstep;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ListShareGroupOffsetsSpec;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;

/**
 * A share group from outside: {@code ShareAdmin --bootstrap B --group G}.
 *
 * <p>{@code --set share.auto.offset.reset=earliest,...} sets configs of the group; with {@code
 * --topic T --start N} it begins at offset N of partition 0 from now on. Prints its start offsets
 * as one line of JSON: {"orders-0": 17}.
 */
public final class ShareAdmin {
    private ShareAdmin() {}

    public static void main(String[] args) throws Exception {
        Options options = new Options(args);
        String group = options.text("group");
        try (Admin admin = Admin.create(
                Map.of("bootstrap.servers", options.text("bootstrap")))) {
            List<AlterConfigOp> configs = Arrays.stream(options.text("set", "").split(","))
                .filter(word -> !word.isEmpty()).map(word -> word.split("=", 2))
                .map(pair -> new ConfigEntry(pair[0], pair[1]))
                .map(entry -> new AlterConfigOp(entry, AlterConfigOp.OpType.SET))
                .collect(Collectors.toList());
            if (!configs.isEmpty()) {
                admin.incrementalAlterConfigs(Map.of(
                    new ConfigResource(ConfigResource.Type.GROUP, group), configs)).all().get();
            }
            if (options.number("start", -1) >= 0) {
                TopicPartition partition = new TopicPartition(options.text("topic"), 0);
                admin.alterShareGroupOffsets(
                    group, Map.of(partition, options.number("start", -1))).all().get();
            }
            System.out.println(starts(admin, group));
        }
    }

    private static String starts(Admin admin, String group) throws Exception {
        Map<String, Long> starts = new TreeMap<>();
        admin.listShareGroupOffsets(Map.of(group, new ListShareGroupOffsetsSpec()))
            .partitionsToOffsetInfo(group).get().forEach((partition, info) -> {
                if (info != null) {
                    starts.put(partition.toString(), info.startOffset());
                }
            });
        StringJoiner json = new StringJoiner(", ", "{", "}");
        starts.forEach((partition, offset) -> json.add("\"" + partition + "\": " + offset));
        return json.toString();
    }
}
