package io.kiln.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class KilnConfigTest {
    @Test
    void emptyFileGivesThePublishedRecipe() {
        KilnConfig config = KilnConfig.parse("", List.of());
        assertThat(config.masking().maskRatio()).isEqualTo(0.6);
        assertThat(config.masking().keep(config.input().patches())).isEqualTo(20);
        assertThat(config.model().architecture()).isEqualTo("resnet50");
        assertThat(config.model().decoderWidth()).isZero();
        assertThat(config.training().optimiser().clipNorm()).isEqualTo(5);
        assertThat(config.masking().cropScaleMin()).isEqualTo(0.67);
        assertThat(config.ingest().parquetColumns()).isEmpty();
        assertThat(config.masking().damaged()).isEqualTo(MaskingConfig.Damaged.REFUSE);
        assertThat(config.ingest().maxImageBytes().bytes()).isEqualTo(16 << 20);
        assertThat(config).isEqualTo(KilnConfig.defaults());
    }

    @Test
    void overridesWinOverTheFile(@TempDir Path directory) throws Exception {
        Path file =
                Files.writeString(
                        directory.resolve("kiln.yaml"),
                        "masking: {maskRatio: 0.5, batchSize: 8}\n");
        List<String> overrides =
                List.of(
                        "masking.maskRatio=0.75",
                        "masking.flushAfter=500ms",
                        "model.architecture=custom",
                        "model.depths=[1, 1, 1, 1]",
                        "model.widths=[8, 16, 32, 64]");
        KilnConfig config = KilnConfig.load(file, overrides);
        assertThat(config.masking().maskRatio()).isEqualTo(0.75);
        assertThat(config.masking().batchSize()).isEqualTo(8);
        assertThat(config.masking().flushAfter()).isEqualTo(Duration.ofMillis(500));
        assertThat(config.model().widths()).containsExactly(8, 16, 32, 64);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "masking.maskRatio=1.5 | masking.maskRatio: 1.5 is not allowed; expected a number from 0.01 to 0.99",
                "masking.batchSize=many | masking.batchSize: \"many\" is not allowed; expected a whole number from 1 to 4096",
                "masking.batchSize=3.5 | masking.batchSize: 3.5 is not allowed; expected a whole number",
                "masking.maskRatoi=0.5 | masking.maskRatoi: unknown key; did you mean maskRatio?",
                "masking.banana=1 | masking.banana: unknown key; known here: seed, maskRatio",
                "sections.seed=1 | sections: unknown key; known here: kafka, registry",
                "masking=7 | masking: expected a section with keys [seed",
                "masking.flushAfter=soon | \"soon\" is not allowed; expected a duration such as 500ms, 10s, 5m or 2h",
                "topics.retention=999999999999d | topics.retention: \"999999999999d\" is not allowed; expected a duration",
                "ingest.maxImageBytes=1TiB | ingest.maxImageBytes: \"1TiB\" is not allowed; expected a size such as",
                "input.height=100 | input.height: 100 is not allowed; expected a multiple of input.patch = 32, such as 96 or 128",
                "input.channels=1 | input.mean: [0.485, 0.456, 0.406] has 3 values; expected one for each of input.channels = 1",
                "input.valueRange=[3, 3] | input.valueRange: [3.0, 3.0] is not allowed; expected the lower value first, such as [0, 10000]",
                "input.valueRange=[5, -3] | input.valueRange: [5.0, -3.0] is not allowed; expected the lower value first, such as [0, 10000]",
                "input.valueRange=[[0, 1], [0, 2]] | input.valueRange: [[0.0, 1.0], [0.0, 2.0]] has 2 pairs; expected one, or one for each of input.channels = 3",
                "input.valueRange=[0, 1, 2] | input.valueRange: [0,1,2] is not allowed; expected a pair of numbers, such as [0, 10000], or a list of pairs, one per channel",
                "input.valueRange=10000 | input.valueRange: 10000 is not allowed; expected a pair of numbers, such as [0, 10000], or a list of pairs, one per channel",
                "input.sampleType=float32 | input.sampleType: \"float32\" is not allowed; expected one of uint8, uint16",
                "input.patch=48 | input.patch: 48 is not allowed; expected 32, 64 or 128",
                "masking.cropScaleMax=0.5 | masking.cropScaleMin: 0.67 is not allowed; expected at most cropScaleMax = 0.5",
                "masking.replay.size=100001 | masking.replay.size: 100001 is not allowed; expected a whole number from 0 to 100000",
                "masking.replay.size=3;masking.replay.perImage=4 | masking.replay.perImage: 4 is not allowed; expected at most masking.replay.size = 3",
                "masking.replay.size=3;masking.replay.maxBytes=1MiB | masking.replay.maxBytes: 1MiB is not allowed; expected at least ingest.maxImageBytes = 16MiB",
                "training.ema.decay=1 | training.ema.decay: 1 is not allowed; expected a number from 0 to 0.9999999",
                "input.height=32;input.width=64;masking.maskRatio=0.9 | masking.maskRatio: 0.9 is not allowed; it keeps 0 of the 2 patches of a 32 x 64 image",
                "model.architecture=custom | model.depths: [] is not allowed; expected four numbers, one for each stage",
                "model.depths=[1,1,1,1] | model.depths: [1, 1, 1, 1] is not allowed; expected an empty list, because",
                "model.family=vit | \"vit\" is not allowed; expected one of resnet-basic, resnet-bottleneck, convnext, convnext-v2",
                "training.device=tpu | training.device: \"tpu\" is not allowed; expected cpu, gpu or gpu:N",
                "training.schedule.kind=cosine | training.schedule.totalSteps: 0 is not allowed; a cosine schedule needs an end",
                "training.schedule.totalSteps=100 | expected more than warmupSteps + cooldownSteps + decaySteps = 400",
                "training.schedule.kind=infinite | training.schedule.constantLearningRate: 0.0 is not allowed with kind infinite",
                "training.schedule.cooldownSteps=5 | training.schedule.cooldownSteps: 5 is not allowed; only kind infinite cools down",
                "checkpoints.artifacts=artifacts | checkpoints.artifacts: \"artifacts\" is not allowed; expected an absolute path such as",
                "topics.trainers=65 | topics.trainers: 65 is not allowed; expected a whole number from 1 to 64",
                "flink.trainingParallelism=2 | flink.trainingParallelism: 2 is not allowed; a subtask without a trainer would be idle, expected at most topics.trainers = 1",
                "topics.trainers=2;training.average=ema | training.average: ema is not allowed with topics.trainers = 2",
                "topics.trainers=2;training.device=gpu:1 | training.device: gpu:1 is not allowed with topics.trainers = 2 and model.decoder = unet",
                "topics.trainers=2;training.anneal.steps=5 | training.anneal.steps: 5 is not allowed with topics.trainers = 2; a trainer would anneal",
                "training.average=ema;training.anneal.steps=5 | training.anneal.steps: 5 is not allowed with training.average = ema; a version has one encoder",
                "training.anneal.steps=1001 | training.anneal.steps: 1001 is not allowed; a branch would begin before the previous one ends, expected at most checkpoints.everySteps = 1000",
                "training.anneal.steps=5;training.schedule.kind=cosine;training.schedule.totalSteps=995 | training.anneal.steps: 5 is not allowed; the first branch would begin at step 995",
                "training.init.weights=a;training.init.scope=all | training.init.names: timm is not allowed; expected spark",
                "kafka.bootstrapServers= | kafka.bootstrapServers: \"\" is not allowed; expected host:port",
                "registry.url=localhost | registry.url: \"localhost\" is not allowed; expected http://host:port/path",
                "topics.images=checkpoints | topics.*: two topics of [checkpoints, images.dlq, sparse-batches, training-steps, checkpoints, holdout, evaluations] have the same name",
                "flink.checkpointInterval=10m | flink.transactionTimeout: 14m is not allowed; a transaction stays open",
                "nonsense | --set nonsense: expected section.key=value, such as masking.maskRatio=0.75"
            })
    void mistakeIsNamedWithItsKeyAndWhatIsAllowed(String overrides, String expected) {
        assertThatThrownBy(() -> KilnConfig.parse("", List.of(overrides.split(";"))))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining(expected);
    }

    @Test
    void allMistakesAreShownAtOnce() {
        String yaml = "masking: {maskRatio: 2, batchsize: 8}\ntraining: {threads: -1}";
        assertThatThrownBy(() -> KilnConfig.parse(yaml, List.of()))
                .hasMessageContaining("masking.maskRatio: 2")
                .hasMessageContaining("masking.batchsize: unknown key; did you mean batchSize?")
                .hasMessageContaining("training.threads: -1");
    }

    @Test
    void aMistakeIsOfTheFileOrOfTheOverrideThatMakesIt(@TempDir Path directory) throws Exception {
        Path file =
                Files.writeString(
                        directory.resolve("kiln.yaml"), "training: {threads: -1}\ninput: {}\n");
        String threads = "training.threads: -1 is not allowed; expected a whole number from ";
        String unknown = "training.optimizer: unknown key; did you mean optimiser?";
        assertThatThrownBy(() -> KilnConfig.load(file, List.of("masking.views=2")))
                .hasMessageStartingWith(file + ":" + System.lineSeparator() + threads);
        assertThatThrownBy(
                        () -> KilnConfig.load(file, List.of("training.optimizer.learningRate=0.1")))
                .hasMessageStartingWith(
                        String.join(
                                System.lineSeparator(), "--set " + unknown, file + ":", threads));
        List<String> sound =
                List.of("training.threads=1", "masking.maskRatio=1.5", "input.channels=1");
        assertThatThrownBy(() -> KilnConfig.load(file, sound))
                .hasMessageContaining("--set masking.maskRatio: 1.5 is not allowed; expected a")
                .hasMessageStartingWith("input.mean: [0.485, 0.456, 0.406] has 3 values; expected")
                .hasMessageNotContainingAny(file.toString(), "--set input.mean");
        assertThatThrownBy(() -> KilnConfig.load(file, List.of("nonsense")))
                .hasMessageStartingWith("--set nonsense: expected section.key=value");
    }

    @Test
    void brokenYamlIsNamedWithItsFileAndLine(@TempDir Path directory) throws Exception {
        Path file = Files.writeString(directory.resolve("broken.yaml"), "masking:\n  seed: [1\n");
        assertThatThrownBy(() -> KilnConfig.load(file, List.of()))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("broken.yaml")
                .hasMessageContaining("line 3");
        assertThatThrownBy(() -> KilnConfig.load(directory.resolve("absent.yaml"), List.of()))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("absent.yaml");
    }

    @Test
    void whatYamlAllowsAndNobodyExpectsIsRefusedWithItsLine() {
        requireMistake("masking:\n  seed: 1\n  seed: 2\n", "line 3: the key seed occurs twice");
        requireMistake("masking: {seed: 1}\nmasking: {views: 2}\n", "masking occurs twice");
        requireMistake(
                "input: {height: &side 64, width: *side}", "anchors and aliases (& and *) are not");
        requireMistake("masking: {seed: 1}\n---\nmasking: {seed: 2}\n", "a second document begins");
        requireMistake("input: {mean: [1e999, 0, 0]}", "expected a number");
        requireMistake("input: {mean: [.inf, 0, 0]}", "line 1: Malformed numeric value");
        requireMistake("masking: {seed: 9999999999999999999}", "expected a whole number");
        requireMistake("input: {height: 4294967328}", "expected a whole number from 32 to 4096");
    }

    private static void requireMistake(String yaml, String expected) {
        assertThatThrownBy(() -> KilnConfig.parse(yaml, List.of()))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining(expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {"..", ".", "../x", "a/b", "-x", ".hidden", "a b", "ä", "a\nb", ""})
    void whatCouldNameAnotherFolderIsNoName(String name) {
        for (String key : List.of("training.runId", "model.name", "topics.images")) {
            assertThatThrownBy(() -> KilnConfig.parse("", List.of(key + "=\"" + name + "\"")))
                    .as(key)
                    .isInstanceOf(ConfigException.class)
                    .hasMessageContaining("beginning with a letter, a digit or '_'");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "/data/a b, file:///data/a%20b, file:///data/a b",
        "file:///data/a b, file:///data/a%20b, file:///data/a b",
        "file:///data/a%20b, file:///data/a%20b, file:///data/a b",
        "file:///data/100%, file:///data/100%25, file:///data/100%",
        "/bücher/图像, file:///b%C3%BCcher/%E5%9B%BE%E5%83%8F, file:///bücher/图像",
        "/a#b?c+d, file:///a%23b%3Fc+d, file:///a#b?c+d",
        "s3://bucket/path, s3://bucket/path, s3://bucket/path",
        "hdfs://host:1/a, hdfs://host:1/a, hdfs://host:1/a",
    })
    void aFolderIsTheOneThatWasGiven(String given, String uri, String forFlink) {
        KilnConfig config =
                KilnConfig.parse(
                        "checkpoints: {artifacts: \"" + given + "\"}",
                        List.of("flink.checkpointDirectory=\"" + given + "\""));
        assertThat(config.checkpoints().artifacts()).isEqualTo(uri);
        assertThat(config.flink().checkpointDirectory()).isEqualTo(uri);
        assertThat(FolderUri.forFlink(uri)).isEqualTo(forFlink);
        if (given.startsWith("/")) {
            assertThat(FolderUri.of(Path.of(given))).isEqualTo(uri);
        }
    }

    @Test
    void anOverrideOfAMapsEntryKeepsTheDotsOfItsNameAndItsValueAsItStands() {
        String jaas = "x.PlainLoginModule required username=\"a\" password=\"p: #\\\"q\";";
        KilnConfig config =
                KilnConfig.parse(
                        "kafka: {properties: {security.protocol: PLAINTEXT, client.id: c}}",
                        List.of(
                                "kafka.properties.security.protocol=SASL_SSL",
                                "kafka.properties.sasl.jaas.config=" + jaas));
        assertThat(config.kafka().properties())
                .containsOnly(
                        Map.entry("security.protocol", "SASL_SSL"),
                        Map.entry("client.id", "c"),
                        Map.entry("sasl.jaas.config", jaas));
        requireMistake("kafka: {properties: {security: {protocol: SSL}}}", "names with values");
    }

    @Test
    void secretsAreReadBackAndNeverShown() {
        String password = "s3cret\"'\\: #\n\u0007ü";
        String yaml =
                "registry: {url: \"https://user:s3cret@host/api\"}\n"
                        + "kafka: {properties: {security.protocol: SASL_SSL}}";
        KilnConfig config =
                KilnConfig.parse(yaml, List.of("kafka.properties.sasl.jaas.config=" + password));
        List<String> full = overrides(ConfigKeys.withSecrets(config));
        assertThat(KilnConfig.parse("", full)).isEqualTo(config);
        assertThat(config.toString()).doesNotContain("s3cret").contains("SASL_SSL");
        assertThat(ConfigKeys.of(config).toString())
                .doesNotContain("s3cret")
                .contains("SASL_SSL", "https://host/api", Secrets.HIDDEN);
        assertThatThrownBy(() -> KilnConfig.parse("", overrides(ConfigKeys.of(config))))
                .hasMessageContaining("kafka.properties: (hidden) stands for a secret");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "kafka: {properties: {sasl.jaas.config: \"a password=\"s3cret\"\"}}",
                "kafka: {properties: s3cret}",
                "kafka: s3cret",
                "kafka: {properties: {a: {b: s3cret}}}",
                "s3cret",
                "registry: {url: ftp://user:s3cret@host}",
                "checkpoints: {artifacts: \"s3://user:s3cret@bucket/path\"}",
                "flink: {restUrl: \"http://user:s3cret@host\"}",
                "registry: {url: \"http://user:s3cret@host\"}\n  broken",
            })
    void mistakesAreToldWithoutSecrets(String yaml) {
        assertThatThrownBy(() -> KilnConfig.parse(yaml, List.of()))
                .isInstanceOf(ConfigException.class)
                .message()
                .doesNotContain("s3cret");
        assertThatThrownBy(() -> KilnConfig.parse("", List.of("kafka.properties: s3cret")))
                .message()
                .doesNotContain("s3cret");
    }

    @Test
    void referencesToSecretsAreShownAndPassedOn() {
        KilnConfig config =
                KilnConfig.parse(
                        "registry: {url: \"https://${env:USER}:${file:/run/p@w}@host/api\"}",
                        List.of(
                                "kafka.properties.ssl.truststore.password=${file:/run/store}",
                                "kafka.properties.sasl.jaas.config=x password=\"${env:P}\";"));
        assertThat(ConfigKeys.of(config).toString())
                .contains("${file:/run/store}", "https://host/api")
                .doesNotContain("${env:P}", "/run/p@w");
        assertThat(KilnConfig.parse("", overrides(ConfigKeys.withSecrets(config))))
                .isEqualTo(config);
    }

    @Test
    void aReferenceWhereNoSecretBelongsIsRefused() {
        requireMistake("topics: {images: \"${env:TOPIC}\"}", "references such as ${env:NAME}");
        requireMistake("registry: {url: \"https://${env:HOST}/api\"}", "user and password alone");
    }

    @Test
    void propertiesOfTheRegistryAreThoseItsClientKnows() {
        requireMistake(
                "registry: {properties: {ssl.trustore.location: /t}}",
                "ssl.trustore.location is not known; expected some of basic.auth.user.info");
        requireMistake(
                "registry: {url: \"https://a:b@host\", properties: {bearer.auth.token: t}}",
                "the registry takes one login");
    }

    @ParameterizedTest
    @CsvSource({"1, 475, 100", "2, 475, 475", "2, 50, 100", "2, 16, 112"})
    void severalTrainersPublishAtTheEndOfARound(int trainers, int round, long steps) {
        assertThat(
                        KilnConfig.parse(
                                        "",
                                        List.of(
                                                "checkpoints.everySteps=100",
                                                "topics.trainers=" + trainers,
                                                "training.round.steps=" + round))
                                .stepsBetweenEvents())
                .isEqualTo(steps);
    }

    private static List<String> overrides(List<ConfigKeys.Entry> entries) {
        return entries.stream().map(entry -> entry.path() + "=" + entry.value()).toList();
    }

    @Test
    void everyKeyIsDocumentedAndItsWrittenValueReadsBackTheSame() {
        KilnConfig config = KilnConfig.defaults();
        List<ConfigKeys.Entry> entries = ConfigKeys.of(config);
        assertThat(entries)
                .hasSizeGreaterThan(40)
                .allSatisfy(entry -> assertThat(entry.about()).isNotBlank());
        List<String> overrides = entries.stream().map(e -> e.path() + "=" + e.value()).toList();
        assertThat(KilnConfig.parse("", overrides)).isEqualTo(config);
    }
}
