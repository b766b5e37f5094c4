package io.kiln.training.checkpoints;

import io.kiln.config.InputConfig;
import io.kiln.config.KilnConfig;
import io.kiln.config.TrainingConfig;
import io.kiln.model.training.AnnealingSpan;
import io.kiln.schemas.FeatureSpec;
import io.kiln.schemas.OffsetRange;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * {@code README.md}: an encoder described for people. Holds nothing that differs between equal
 * runs.
 */
final class ModelCard {
    private ModelCard() {}

    static String text(EncoderFacts facts) {
        KilnConfig config = facts.config();
        return String.join(
                        "\n",
                        "---",
                        "library_name: " + (facts.timm().isPresent() ? "timm" : "pytorch"),
                        "pipeline_tag: image-feature-extraction",
                        "tags: [kiln, self-supervised, masked-image-modelling]",
                        "---",
                        "# " + config.model().name() + " v" + facts.version(),
                        "",
                        "An encoder that Kiln pretrained without labels on a stream of images.",
                        "",
                        table(facts),
                        "",
                        "## Load it",
                        "",
                        load(facts),
                        "",
                        "## Prepare images",
                        "",
                        preparation(config.input()),
                        "",
                        "## What it has seen",
                        "",
                        "| topic | partition | first offset | last offset |",
                        "|---|---|---|---|",
                        seen(facts.seen().offsets()))
                + "\n";
    }

    private static String table(EncoderFacts facts) {
        KilnConfig config = facts.config();
        InputConfig input = config.input();
        return String.join(
                "\n",
                "| | |",
                "|---|---|",
                row("network", network(facts)),
                row("run, version", config.training().runId() + ", " + facts.version()),
                row(
                        "trained",
                        String.format(
                                Locale.ROOT,
                                "%,d steps, %,d images with repeats",
                                facts.trainer().step(),
                                facts.seen().samples())),
                row("weights", weights(facts)),
                row("mean loss since the version before", loss(facts.progress().meanLoss())),
                row(
                        "masked",
                        String.format(
                                Locale.ROOT,
                                "%s of patches of %d × %d pixels, seed %d",
                                facts.masking().maskRatio(),
                                input.patch(),
                                input.patch(),
                                facts.masking().seed())),
                row(
                        "input",
                        String.format(
                                Locale.ROOT,
                                "%d channels, %d × %d pixels (height × width); other sizes work",
                                input.channels(),
                                input.height(),
                                input.width())),
                row("embedding", facts.embeddingSize() + " values"),
                row(
                        "feature maps",
                        facts.features().stream()
                                .map(ModelCard::map)
                                .collect(Collectors.joining(", "))),
                row("batch norms", norms(facts)),
                row("made by", "Kiln " + EncoderFacts.codeVersion()));
    }

    private static String row(String what, String value) {
        return "| " + what + " | " + value + " |";
    }

    private static String weights(EncoderFacts facts) {
        Optional<AnnealingSpan> annealed = facts.trainer().annealed();
        if (annealed.isPresent()) {
            return String.format(
                    Locale.ROOT,
                    "those of a branch of training whose learning rate fell, steps %,d to %,d",
                    annealed.get().from() + 1,
                    annealed.get().end());
        }
        TrainingConfig training = facts.config().training();
        return switch (training.average()) {
            case NONE -> "those of the last step";
            case EMA ->
                    "exponential moving average over the steps, decay " + training.ema().decay();
            case MERGE ->
                    "mean of the last "
                            + training.merge().count()
                            + " multiples of "
                            + training.merge().everySteps()
                            + " steps";
        };
    }

    private static String loss(@Nullable Double loss) {
        return loss == null ? "unknown" : String.format(Locale.ROOT, "%.4f", loss);
    }

    private static String map(FeatureSpec feature) {
        return feature.getChannels() + " channels at stride " + feature.getStride();
    }

    private static String network(EncoderFacts facts) {
        return facts.timm()
                .map(
                        timm ->
                                timm.arguments().isEmpty()
                                        ? timm.name()
                                        : timm.name()
                                                + " with "
                                                + TimmConfig.line(timm.arguments()))
                .orElse("not in timm: " + facts.notInTimm());
    }

    private static String norms(EncoderFacts facts) {
        return switch (facts.statistics()) {
            case NONE -> "none";
            case WHOLE_IMAGES ->
                    "statistics of whole images (the last batch's); those of masked images are in"
                            + " masked-norms.safetensors";
            case MASKED_IMAGES ->
                    "statistics of masked images; recalibrate them before you use the encoder frozen";
        };
    }

    private static String load(EncoderFacts facts) {
        String script =
                String.join(
                        "\n",
                        "```python",
                        "import torch",
                        "*maps, embedding = torch.jit.load(\"encoder.pt\").eval()(images)",
                        "```");
        String timm =
                String.join(
                        "\n",
                        "```python",
                        "import timm",
                        "model = timm.create_model(\"local-dir:.\", pretrained=True, num_classes=0)",
                        "embedding = model.eval()(images)",
                        "```",
                        "",
                        "With `num_classes=10` it has a new classifier, for fine-tuning.");
        return facts.timm().isPresent()
                ? timm + "\n\nWithout timm:\n\n" + script
                : "timm cannot build this network: " + facts.notInTimm() + ".\n\n" + script;
    }

    private static String preparation(InputConfig input) {
        String values =
                input.valueRange().isEmpty()
                        ? "the full range of the file's sample type"
                        : "the values " + input.valueLimits();
        return String.format(
                Locale.ROOT,
                "Cut out the largest centred part of the shape %d:%d (height:width) and resize it to %d × %d"
                        + " pixels, bicubic and antialiased. Map %s to 0 to 1. Subtract the mean %s, then divide"
                        + " by the standard deviation %s.",
                input.height(),
                input.width(),
                input.height(),
                input.width(),
                values,
                input.mean(),
                input.std());
    }

    private static String seen(List<OffsetRange> ranges) {
        return ranges.stream()
                .map(
                        r ->
                                String.format(
                                        Locale.ROOT,
                                        "| %s | %d | %d | %d |",
                                        r.getTopic(),
                                        r.getPartition(),
                                        r.getFirst(),
                                        r.getLast()))
                .collect(Collectors.joining("\n"));
    }
}
