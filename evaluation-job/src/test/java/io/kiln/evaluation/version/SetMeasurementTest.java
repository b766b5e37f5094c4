package io.kiln.evaluation.version;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.config.KilnConfig;
import io.kiln.evaluation.images.HeldOutImages;
import io.kiln.evaluation.images.TestImages;
import io.kiln.model.script.ImageEncoder;
import io.kiln.model.training.Trainer;
import io.kiln.model.weights.EncoderExport;
import io.kiln.model.weights.WeightNames;
import io.kiln.schemas.SetFigures;
import io.kiln.training.state.ModelSettings;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SetMeasurementTest {
    @TempDir Path directory;

    private ImageEncoder encoder() throws IOException {
        KilnConfig config =
                KilnConfig.parse(
                        "",
                        List.of(
                                "input.height=64",
                                "input.width=64",
                                "model.architecture=custom",
                                "model.depths=[1, 1, 1, 1]",
                                "model.widths=[8, 16, 24, 32]",
                                "model.stem=8",
                                "model.decoderWidth=32"));
        Path file = directory.resolve("encoder.safetensors");
        try (Trainer trainer = new Trainer(ModelSettings.of(config));
                OutputStream out = Files.newOutputStream(file)) {
            EncoderExport.write(
                    out,
                    trainer.model(),
                    WeightNames.TIMM,
                    Map.of("architecture", trainer.settings().architecture().toJson()));
        }
        return ImageEncoder.open(file, WeightNames.TIMM);
    }

    /** The rank of many anchors takes seconds, and an evaluation asks for the figures often. */
    @Test
    void featuresAreMeasuredOnceHoweverOftenTheFiguresAreRead() throws Exception {
        HeldOutImages images =
                HeldOutImages.fitting(
                        IntStream.range(0, 12).mapToObj(TestImages::one).toList(),
                        TestImages.input());
        SetMeasurement set = new SetMeasurement(images, TestImages.input());
        try (ImageEncoder encoder = encoder()) {
            set.addFeatures(encoder, images);
            set.addViews(encoder, set.viewed());
        }
        assertThat(set.figures().getEffectiveRank()).isNull();
        set.measureFeatures();
        SetFigures figures = set.figures();
        assertThat(figures.getEffectiveRank()).isBetween(1.0, 12.0);
        assertThat(figures.getAlignment()).isNotNull();
        assertThat(set.figures()).isEqualTo(figures);
        assertThat(set.figures().getEffectiveRank()).isSameAs(figures.getEffectiveRank());
        set.dropFeatures();
        assertThat(set.figures().getEffectiveRank()).isNull();
        assertThat(set.figures().getAlignment()).isNull();
    }
}
