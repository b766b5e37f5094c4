package io.kiln.model.training;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.model.batch.InputGeometry;
import io.kiln.model.network.Architecture;
import io.kiln.model.network.PublishedArchitectures;
import io.kiln.model.torch.Precision;
import io.kiln.model.weights.WeightImport;
import io.kiln.model.weights.WeightNames;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Published networks at full size: minutes and gigabytes, so by hand, with -Dkiln.large=true. */
@EnabledIfSystemProperty(named = "kiln.large", matches = "true")
class LargeNetworksTest {
    private static final int DECODER_WIDTH = 768;

    @TempDir Path directory;

    @ParameterizedTest
    @ValueSource(strings = {"resnet200", "convnext_large"})
    void aNetworkThatWasExportedAndImportedIsTheSame(String name) throws Exception {
        Architecture architecture = PublishedArchitectures.named(name, DECODER_WIDTH, 3);
        InputGeometry geometry = new InputGeometry(64, 64, 3, 32);
        TrainerSettings settings =
                TestBatches.settings(architecture, geometry, Precision.FP32, 0.01);
        Path network = directory.resolve("network.safetensors");
        String exported;
        try (Trainer trainer = new Trainer(settings)) {
            exported = export(trainer, network);
        }
        try (Trainer other = new Trainer(TestBatches.withSeed(settings, settings.seed() + 1))) {
            Path again = directory.resolve("again.safetensors");
            assertThat(export(other, again)).isNotEqualTo(exported);
            WeightImport.load(network, other.model(), WeightImport.Scope.ALL, WeightNames.SPARK);
            assertThat(export(other, again)).isEqualTo(exported);
        }
        System.out.printf("%s: %d bytes, SHA-256 %s%n", name, Files.size(network), exported);
    }

    private static String export(Trainer trainer, Path file) throws Exception {
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        try (OutputStream out = new DigestOutputStream(Files.newOutputStream(file), digest)) {
            TestBatches.writeNetwork(out, trainer.model());
        }
        return HexFormat.of().formatHex(digest.digest());
    }
}
