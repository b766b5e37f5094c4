package io.kiln.training.state;

import io.kiln.config.ConfigKeys;
import io.kiln.config.KilnConfig;
import io.kiln.config.TrainingConfig.Average;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The configuration that shapes the weights, as a YAML file that Kiln reads: input, masking, model,
 * and training with its optimiser, and the average of the weights or the annealing if that is what
 * is published. Schedule, device and threads do not count, so that a run may go on with others.
 */
public final class ShapingConfiguration {
    private static final String INDENT = "  ";
    private static final List<String> SECTIONS = List.of("input.", "model.", "training.optimiser.");
    private static final Set<String> KEYS = Set.of("training.seed", "training.precision");
    private static final String AVERAGE = "training.average";
    private static final Set<String> ANNEAL =
            Set.of("training.anneal.steps", "checkpoints.everySteps");
    private static final String NAME = "model.name";

    private ShapingConfiguration() {}

    /**
     * The text of the file, equal for equal configurations.
     *
     * @param masking of the batches that were trained on
     */
    public static String yaml(KilnConfig config, BatchMasking masking) {
        Average average = config.training().average();
        String averaging = "training." + average.name().toLowerCase(Locale.ROOT) + ".";
        Map<String, String> values = new TreeMap<>();
        for (ConfigKeys.Entry entry : ConfigKeys.of(config)) {
            String path = entry.path();
            boolean shapes =
                    KEYS.contains(path)
                            || SECTIONS.stream().anyMatch(path::startsWith)
                            || path.startsWith(averaging)
                            || (average != Average.NONE && path.equals(AVERAGE))
                            || (config.training().anneal().anneals() && ANNEAL.contains(path));
            if (shapes && !path.equals(NAME)) {
                values.put(path, entry.value());
            }
        }
        values.put("masking.maskRatio", Double.toString(masking.maskRatio()));
        values.put("masking.seed", Long.toString(masking.seed()));
        StringBuilder yaml = new StringBuilder();
        List<String> open = List.of();
        for (Map.Entry<String, String> value : values.entrySet()) {
            List<String> path = List.of(value.getKey().split("\\."));
            List<String> sections = path.subList(0, path.size() - 1);
            for (int depth = 0; depth < sections.size(); depth++) {
                List<String> section = sections.subList(0, depth + 1);
                if (open.size() <= depth || !open.subList(0, depth + 1).equals(section)) {
                    line(yaml, depth, sections.get(depth), "");
                }
            }
            open = sections;
            line(yaml, sections.size(), path.get(path.size() - 1), " " + value.getValue());
        }
        return yaml.toString();
    }

    private static void line(StringBuilder yaml, int depth, String key, String value) {
        yaml.append(INDENT.repeat(depth)).append(key).append(':').append(value).append('\n');
    }
}
