package io.kiln.training.checkpoints;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import io.kiln.config.InputConfig;
import io.kiln.model.weights.TimmModel;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * {@code config.json}, as timm's {@code local-dir:} and {@code hf-hub:} read it, with what timm has
 * no place for under "kiln".
 */
final class TimmConfig {
    private static final ObjectWriter JSON =
            new ObjectMapper()
                    .writer(
                            new DefaultPrettyPrinter()
                                    .withObjectIndenter(new DefaultIndenter("  ", "\n")));
    private static final int LAST_STRIDE = 32;

    private TimmConfig() {}

    static String json(EncoderFacts facts) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put(
                "architecture",
                facts.timm().map(TimmModel::name).orElse("none (" + facts.notInTimm() + ")"));
        json.put("num_classes", 0);
        json.put("num_features", facts.embeddingSize());
        json.put("global_pool", "avg");
        facts.timm()
                .map(TimmModel::arguments)
                .filter(arguments -> !arguments.isEmpty())
                .ifPresent(arguments -> json.put("model_args", arguments));
        json.put("pretrained_cfg", pretrained(facts));
        json.put("kiln", kiln(facts));
        return text(json) + "\n";
    }

    /** A value on one line. */
    static String line(Object value) {
        try {
            return new ObjectMapper().writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("numbers and texts are always JSON", e);
        }
    }

    private static String text(Object value) {
        try {
            return JSON.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("numbers and texts are always JSON", e);
        }
    }

    private static Map<String, Object> pretrained(EncoderFacts facts) {
        InputConfig input = facts.config().input();
        Map<String, Object> pretrained = new LinkedHashMap<>();
        pretrained.put("input_size", List.of(input.channels(), input.height(), input.width()));
        pretrained.put("fixed_input_size", false);
        pretrained.put("interpolation", EventInput.INTERPOLATION);
        pretrained.put("crop_pct", 1.0);
        pretrained.put("crop_mode", "center");
        pretrained.put("mean", input.mean());
        pretrained.put("std", input.std());
        pretrained.put("num_classes", 0);
        pretrained.put(
                "pool_size", List.of(input.height() / LAST_STRIDE, input.width() / LAST_STRIDE));
        pretrained.put("first_conv", TimmModel.firstLayer(facts.network()));
        pretrained.put("classifier", TimmModel.classifier(facts.network()));
        return pretrained;
    }

    private static Map<String, Object> kiln(EncoderFacts facts) {
        Map<String, Object> kiln = new LinkedHashMap<>();
        kiln.put("model", facts.config().model().name());
        kiln.put("run", facts.config().training().runId());
        kiln.put("version", facts.version());
        kiln.put("step", facts.trainer().step());
        kiln.put("samples_seen", facts.seen().samples());
        kiln.put("loads_in_timm", facts.timm().isPresent());
        kiln.put("norm_statistics", facts.statistics().name().toLowerCase(Locale.ROOT));
        kiln.put(
                "features",
                facts.features().stream()
                        .map(f -> Map.of("stride", f.getStride(), "channels", f.getChannels()))
                        .map(TreeMap::new)
                        .toList());
        kiln.put("sample_bits", facts.sampleBits());
        kiln.put("value_range", facts.config().input().valueLimits());
        kiln.put("fit", EventInput.FIT);
        kiln.put("mask_ratio", facts.masking().maskRatio());
        kiln.put("mask_seed", facts.masking().seed());
        kiln.put("code_version", EncoderFacts.codeVersion());
        return kiln;
    }
}
