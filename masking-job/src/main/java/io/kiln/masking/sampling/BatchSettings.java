package io.kiln.masking.sampling;

import io.kiln.config.InputConfig;
import io.kiln.config.MaskingConfig;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/**
 * The settings that decide which images share a batch and what the images look like. Flink's state
 * holds those under which its waiting images were masked, so that images of different settings are
 * never mixed.
 *
 * <p>Each component is the configuration key of the same name, in section input or masking. The
 * names are part of the state's format.
 */
public record BatchSettings(
        int height,
        int width,
        int channels,
        int patch,
        long seed,
        double maskRatio,
        int batchSize,
        int views,
        double cropScaleMin,
        double cropScaleMax,
        double cropRatioMin,
        double cropRatioMax,
        double flipProbability,
        int shuffleBuffer,
        String sampleType,
        String valueRange)
        implements Serializable {

    /** The first states have neither a sample type nor a value range: these are their values. */
    @SuppressWarnings("ConstantValue") // Flink gives null for what the state lacks
    public BatchSettings {
        sampleType = Objects.requireNonNullElse(sampleType, "uint8");
        valueRange = Objects.requireNonNullElse(valueRange, "[]");
    }

    static BatchSettings of(InputConfig input, MaskingConfig masking) {
        return new BatchSettings(
                input.height(),
                input.width(),
                input.channels(),
                input.patch(),
                masking.seed(),
                masking.maskRatio(),
                masking.batchSize(),
                masking.views(),
                masking.cropScaleMin(),
                masking.cropScaleMax(),
                masking.cropRatioMin(),
                masking.cropRatioMax(),
                masking.flipProbability(),
                masking.shuffleBuffer(),
                input.sampleType().name().toLowerCase(Locale.ROOT),
                input.valueRange().toString());
    }

    /** What changed from these settings to others, such as {@code masking.views was 1 and is 2}. */
    public List<String> changesTo(BatchSettings others) {
        Map<String, Object> now = others.byKey();
        List<String> changes = new ArrayList<>();
        byKey().forEach(
                        (key, value) -> {
                            if (!value.equals(now.get(key))) {
                                changes.add(key + " was " + value + " and is " + now.get(key));
                            }
                        });
        return List.copyOf(changes);
    }

    private Map<String, Object> byKey() {
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("input.height", height);
        values.put("input.width", width);
        values.put("input.channels", channels);
        values.put("input.patch", patch);
        values.put("masking.seed", seed);
        values.put("masking.maskRatio", maskRatio);
        values.put("masking.batchSize", batchSize);
        values.put("masking.views", views);
        values.put("masking.cropScaleMin", cropScaleMin);
        values.put("masking.cropScaleMax", cropScaleMax);
        values.put("masking.cropRatioMin", cropRatioMin);
        values.put("masking.cropRatioMax", cropRatioMax);
        values.put("masking.flipProbability", flipProbability);
        values.put("masking.shuffleBuffer", shuffleBuffer);
        values.put("input.sampleType", sampleType);
        values.put("input.valueRange", valueRange);
        return values;
    }
}
