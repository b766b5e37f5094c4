package io.kiln.training.checkpoints;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.kiln.config.KilnConfig;
import io.kiln.kafka.ArtifactStore;
import io.kiln.model.batch.InputGeometry;
import io.kiln.model.batch.MaskedBatch;
import io.kiln.model.batch.PatchGrid;
import io.kiln.model.layers.Parameter;
import io.kiln.model.script.ImageEncoder;
import io.kiln.model.training.Trainer;
import io.kiln.model.training.WholeImageEncoder;
import io.kiln.model.weights.NetworkTensors;
import io.kiln.model.weights.SafeTensorsFile;
import io.kiln.model.weights.SafeTensorsWriter;
import io.kiln.model.weights.TensorType;
import io.kiln.schemas.CheckpointFile;
import io.kiln.schemas.EncoderWeights;
import io.kiln.schemas.FileRole;
import io.kiln.training.state.BatchMasking;
import io.kiln.training.state.ModelSettings;
import io.kiln.training.state.RunProgress;
import io.kiln.training.state.ShapingConfiguration;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EncoderFolderTest {
    private static final int HEIGHT = 64;
    private static final int WIDTH = 96;
    private static final int IMAGES = 2;
    private static final String BASIC =
            "resnet-basic model.depths=[1,2,1,1] model.widths=[16,24,32,40] model.stem=";

    private static final Pattern LARGE =
            Pattern.compile("resnet(101|152|200)|convnext(v2)?_(small|base|large)");

    @TempDir Path directory;

    private static KilnConfig config(Path artifacts, String network, int channels) {
        List<String> overrides = new ArrayList<>();
        String[] words = network.split(" ");
        boolean custom = words.length > 1;
        overrides.add((custom ? "model.family=" : "model.architecture=") + words[0]);
        if (custom) {
            overrides.add("model.architecture=custom");
            overrides.addAll(List.of(words).subList(1, words.length));
        }
        String one = "[" + "0.5,".repeat(channels - 1) + "0.5]";
        overrides.addAll(
                List.of(
                        "model.decoderWidth=32",
                        "input.channels=" + channels,
                        "input.mean=" + one,
                        "input.std=" + one,
                        "input.height=" + HEIGHT,
                        "input.width=" + WIDTH,
                        "training.threads=1",
                        "checkpoints.artifacts=" + artifacts.toUri()));
        return KilnConfig.parse("", overrides);
    }

    private static MaskedBatch batch(int channels) {
        InputGeometry geometry = new InputGeometry(HEIGHT, WIDTH, channels, 32);
        Random random = new Random(3);
        byte[] visible = new byte[2 * 2 * geometry.patchValues()];
        byte[] masked = new byte[2 * 4 * geometry.patchValues()];
        random.nextBytes(visible);
        random.nextBytes(masked);
        int[] coordinates = {0, 0, 1, 0, 1, 2, 1, 0, 0, 1, 1, 1};
        return new MaskedBatch(
                PatchGrid.of(geometry, 2, coordinates),
                ByteBuffer.wrap(visible),
                ByteBuffer.wrap(masked));
    }

    /** No norm is the identity, no branch and no response norm off. */
    private static void perturb(Trainer trainer) {
        Random random = new Random(5);
        for (Parameter parameter : trainer.model().weights().parameters()) {
            if (parameter.value().size() <= 8192) {
                double[] values = NetworkTensors.doubles(parameter.value());
                for (int i = 0; i < values.length; i++) {
                    values[i] += 0.2 * random.nextGaussian();
                }
                NetworkTensors.set(parameter.value(), values);
            }
        }
    }

    private static List<CheckpointFile> write(Path artifacts, String network, int channels)
            throws IOException {
        KilnConfig config = config(artifacts, network, channels);
        try (Trainer trainer = new Trainer(ModelSettings.of(config))) {
            perturb(trainer);
            RunProgress progress = RunProgress.fresh(List.of(0));
            try (WholeImageEncoder encoder = trainer.encoder(batch(channels))) {
                return new EncoderFiles(
                                new ArtifactStore(config.checkpoints().artifacts()), "encoder")
                        .write(
                                encoder,
                                EncoderFacts.of(
                                        config,
                                        trainer,
                                        progress,
                                        SeenByWeights.of(trainer, progress),
                                        encoder));
            }
        }
    }

    private JsonNode json(String network, int channels) throws IOException {
        write(directory, network, channels);
        return new ObjectMapper()
                .readTree(directory.resolve("encoder").resolve("config.json").toFile());
    }

    @Test
    void equalRunsWriteEqualFolders() throws IOException {
        List<CheckpointFile> first = write(directory.resolve("first"), BASIC + 8, 3);
        List<CheckpointFile> second = write(directory.resolve("second"), BASIC + 8, 3);
        assertThat(first)
                .extracting(CheckpointFile::getRole)
                .containsExactly(
                        FileRole.ENCODER,
                        FileRole.TORCHSCRIPT,
                        FileRole.MASKED_NORMS,
                        FileRole.ENCODER_CONFIG,
                        FileRole.MODEL_CARD,
                        FileRole.CONFIGURATION);
        assertThat(second)
                .extracting(CheckpointFile::getSha256)
                .containsExactlyElementsOf(first.stream().map(CheckpointFile::getSha256).toList());
    }

    @Test
    void configSaysHowTimmBuildsAPublishedNetworkOfOneChannel() throws IOException {
        JsonNode json = json("resnet18", 1);
        assertThat(json.get("architecture").asText()).isEqualTo("resnet18");
        assertThat(json.get("num_features").asInt()).isEqualTo(512);
        assertThat(json.get("model_args")).hasToString("{\"in_chans\":1}");
        JsonNode pretrained = json.get("pretrained_cfg");
        assertThat(pretrained.get("input_size")).hasToString("[1,64,96]");
        assertThat(pretrained.get("mean")).hasToString("[0.5]");
        assertThat(pretrained.get("interpolation").asText()).isEqualTo("bicubic");
        assertThat(json.at("/kiln/norm_statistics").asText()).isEqualTo("whole_images");
        assertThat(json.at("/kiln/version").asInt()).isEqualTo(1);
    }

    @Test
    void narrowStemIsWidenedToTimms() throws IOException {
        JsonNode json = json(BASIC + 8, 3);
        assertThat(json.get("architecture").asText()).isEqualTo("resnet18");
        assertThat(json.get("model_args"))
                .hasToString("{\"channels\":[16,24,32,40],\"layers\":[1,2,1,1]}");
        try (SafeTensorsFile file =
                SafeTensorsFile.open(directory.resolve("encoder").resolve("model.safetensors"))) {
            assertThat(file.tensor("conv1.weight").orElseThrow().shape())
                    .containsExactly(64L, 3L, 7L, 7L);
        }
    }

    @Test
    void configAndCardSayWhyTimmCannotBuildAWiderStem() throws IOException {
        JsonNode json = json(BASIC + 80, 3);
        assertThat(json.get("architecture").asText())
                .startsWith("none")
                .contains("64 channels", "80", "torch.jit.load");
        assertThat(json.at("/kiln/loads_in_timm").asBoolean()).isFalse();
        assertThat(directory.resolve("encoder").resolve("README.md"))
                .content()
                .contains("timm cannot build this network", "encoder.pt")
                .contains("Map the full range of the file's sample type to 0 to 1.")
                .doesNotContain("create_model");
    }

    @Test
    void configurationIsReadByKilnAndGivesTheSameNetwork() throws IOException {
        write(directory, "convnextv2_atto", 3);
        KilnConfig read =
                KilnConfig.load(
                        directory.resolve("encoder").resolve("configuration.yaml"), List.of());
        assertThat(ModelSettings.of(read).architecture())
                .isEqualTo(
                        ModelSettings.of(config(directory, "convnextv2_atto", 3)).architecture());
        assertThat(read.input().width()).isEqualTo(WIDTH);
    }

    @Test
    void factsCardAndConfigurationTellOfAnnealing() {
        KilnConfig config =
                KilnConfig.parse(
                        "",
                        List.of(
                                "model.family=resnet-basic",
                                "model.architecture=custom",
                                "model.depths=[1,1,1,1]",
                                "model.widths=[8,8,8,8]",
                                "model.stem=8",
                                "model.decoderWidth=32",
                                "input.height=" + HEIGHT,
                                "input.width=" + WIDTH,
                                "checkpoints.everySteps=2000",
                                "training.anneal.steps=1999"));
        KilnConfig soon =
                KilnConfig.parse(
                        ShapingConfiguration.yaml(config, BatchMasking.of(config)),
                        List.of("training.anneal.steps=1", "checkpoints.everySteps=2"));
        try (Trainer trainer = new Trainer(ModelSettings.of(soon))) {
            RunProgress progress = RunProgress.fresh(List.of(0));
            trainer.step(batch(3));
            assertThat(facts(soon, trainer, progress).weights()).isEqualTo(EncoderWeights.RAW);
            trainer.step(batch(3));
            EncoderFacts facts = facts(soon, trainer, progress);
            assertThat(facts.weights()).isEqualTo(EncoderWeights.ANNEALED);
            assertThat(ModelCard.text(facts)).contains("whose learning rate fell, steps 2 to 2 |");
        }
    }

    private static EncoderFacts facts(KilnConfig config, Trainer trainer, RunProgress progress) {
        try (WholeImageEncoder encoder = trainer.encoder(batch(3))) {
            return EncoderFacts.of(
                    config, trainer, progress, SeenByWeights.of(trainer, progress), encoder);
        }
    }

    /**
     * Writes folders for timm and torch.jit to open (.ci/compare_with_timm.py folders); of large
     * networks with -Dkiln.interoperability.large=true, since they take minutes and gigabytes.
     */
    @ParameterizedTest
    @EnabledIfSystemProperty(named = "kiln.interoperability", matches = ".+")
    @CsvSource(
            delimiter = '|',
            value = {
                "resnet18 | 3",
                "resnet34 | 3",
                "resnet50 | 1",
                "resnet101 | 3",
                "resnet152 | 3",
                "resnet200 | 3",
                "convnext_tiny | 3",
                "convnext_small | 1",
                "convnext_base | 3",
                "convnext_large | 3",
                "convnextv2_atto | 3",
                "convnextv2_femto | 3",
                "convnextv2_pico | 3",
                "convnextv2_nano | 3",
                "convnextv2_tiny | 1",
                "convnextv2_small | 3",
                "convnextv2_base | 3",
                "convnextv2_large | 3",
                "resnet-basic model.depths=[1,2,1,1] model.widths=[16,24,32,40] model.stem=8 | 3",
                "resnet-basic model.depths=[1,2,1,1] model.widths=[16,24,32,40] model.stem=16 | 1",
                "resnet-basic model.depths=[1,2,1,1] model.widths=[16,24,32,40] model.stem=64 | 5",
                "resnet-bottleneck model.depths=[1,2,1,1] model.widths=[32,48,64,96] model.stem=32 | 3",
                "resnet-bottleneck model.depths=[2,1,1,1] model.widths=[32,48,64,96] model.stem=12 | 3",
                "resnet-bottleneck model.depths=[1,1,1,1] model.widths=[32,48,64,96] model.stem=96 | 3",
                "convnext model.depths=[1,2,1,1] model.widths=[24,32,40,48] | 1",
                "convnext-v2 model.depths=[1,2,1,1] model.widths=[24,32,40,48] | 3",
                "convnext-v2 model.depths=[1,1,1,1] model.widths=[96,100,104,108] | 3",
            })
    void folderIsWrittenForOthers(String network, int channels) throws IOException {
        assumeTrue(
                !LARGE.matcher(network).matches()
                        || Boolean.getBoolean("kiln.interoperability.large"));
        Path folder =
                Path.of(System.getProperty("kiln.interoperability"))
                        .resolve("folders")
                        .resolve(network.replaceAll("[^a-z0-9_-]+", "-") + "-" + channels);
        write(folder, network, channels);
        float[] pixels = new float[IMAGES * channels * HEIGHT * WIDTH];
        Random random = new Random(4);
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (float) random.nextGaussian();
        }
        SafeTensorsWriter writer = new SafeTensorsWriter();
        add(
                writer,
                "input",
                List.of((long) IMAGES, (long) channels, (long) HEIGHT, (long) WIDTH),
                pixels);
        try (ImageEncoder encoder =
                ImageEncoder.open(folder.resolve("encoder").resolve("model.safetensors"))) {
            InputGeometry geometry = new InputGeometry(HEIGHT, WIDTH, channels, 32);
            List<ImageEncoder.FeatureMap> maps = encoder.features(geometry, IMAGES, pixels);
            assertThat(maps).hasSize(4);
            for (int stage = 0; stage < maps.size(); stage++) {
                ImageEncoder.FeatureMap map = maps.get(stage);
                add(
                        writer,
                        "features." + stage,
                        List.of(
                                (long) IMAGES,
                                (long) map.channels(),
                                (long) map.height(),
                                (long) map.width()),
                        map.values());
            }
        }
        try (OutputStream out = Files.newOutputStream(folder.resolve("reference.safetensors"))) {
            writer.write(out, Map.of());
        }
    }

    private static void add(
            SafeTensorsWriter writer, String name, List<Long> shape, float[] values) {
        ByteBuffer bytes =
                ByteBuffer.allocate(Float.BYTES * values.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        writer.add(name, TensorType.F32, shape, () -> bytes);
    }
}
