package io.kiln.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.RecordComponent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;

/** Pins each key's default and range, and checks that ranges hold. */
class ConfigDefaultsTest {
    /** Key, default, allowed values. A new key fails the test until it has a line here. */
    private static final String KEYS =
            """
            kafka.bootstrapServers              "localhost:9092"                         string
            kafka.connectTimeout                30s                                      duration from 1 to 3600 seconds
            kafka.properties                    {}                                       map

            registry.url                        "http://localhost:8085/apis/ccompat/v7"  string
            registry.connectTimeout             30s                                      duration from 1 to 3600 seconds
            registry.unknownIds                 10                                       integer from 0 to 1000000000
            registry.properties                 {}                                       map

            topics.images                       "images"                                 string
            topics.imageFormat                  record                                   record | raw
            topics.deadLetters                  "images.dlq"                             string
            topics.sparseBatches                "sparse-batches"                         string
            topics.trainingSteps                "training-steps"                         string
            topics.checkpoints                  "checkpoints"                            string
            topics.holdout                      "holdout"                                string
            topics.evaluations                  "evaluations"                            string
            topics.updates                      "updates"                                string
            topics.imagePartitions              4                                        integer from 1 to 10000
            topics.trainers                     1                                        integer from 1 to 64
            topics.partitionsPerTrainer         1                                        integer from 1 to 64
            topics.replication                  1                                        integer from 1 to 10
            topics.retention                    7d                                       duration from 60 to 3153600000 seconds

            input.height                        224                                      integer from 32 to 4096
            input.width                         224                                      integer from 32 to 4096
            input.channels                      3                                        integer from 1 to 64
            input.patch                         32                                       integer from 32 to 128
            input.sampleType                    uint8                                    uint8 | uint16
            input.valueRange                    []                                       pair of numbers, or list of pairs
            input.mean                          [0.485, 0.456, 0.406]                    list of numbers
            input.std                           [0.229, 0.224, 0.225]                    list of numbers of at least 0.000001

            ingest.maxImageBytes                16MiB                                    size from 1 to 31457280 bytes
            ingest.httpParallelism              8                                        integer from 1 to 256
            ingest.httpTimeout                  30s                                      duration from 0.1 to 3600 seconds
            ingest.httpAttempts                 4                                        integer from 1 to 20
            ingest.internalAddresses            false                                    boolean
            ingest.parquetColumns               []                                       list of strings

            masking.seed                        42                                       integer
            masking.maskRatio                   0.6                                      number from 0.01 to 0.99
            masking.batchSize                   32                                       integer from 1 to 4096
            masking.views                       1                                        integer from 1 to 1000
            masking.flushAfter                  10s                                      duration from 0.1 to 86400 seconds
            masking.cropScaleMin                0.67                                     number from 0.01 to 1
            masking.cropScaleMax                1.0                                      number from 0.01 to 1
            masking.cropRatioMin                0.75                                     number from 0.1 to 10
            masking.cropRatioMax                1.3333333333333333                       number from 0.1 to 10
            masking.flipProbability             0.5                                      number from 0 to 1
            masking.maxPixels                   67108864                                 integer from 1 to 536870912
            masking.damaged                     refuse                                   refuse | take
            masking.duplicates                  keep                                     keep | drop-exact | drop-near
            masking.duplicateHorizon            10000                                    integer from 1 to 200000
            masking.nearDistance                3                                        integer from 0 to 16
            masking.shuffleBuffer               0                                        integer from 0 to 100000
            masking.again                       false                                    boolean
            masking.replay.size                 0                                        integer from 0 to 100000
            masking.replay.maxBytes             256MiB                                   size from 1 to 1099511627776 bytes
            masking.replay.perImage             1                                        integer from 0 to 64
            masking.replay.policy               reservoir                                fifo | reservoir | diverse

            model.name                          "kiln"                                   string
            model.architecture                  "resnet50"                               string
            model.family                        resnet-bottleneck                        resnet-basic | resnet-bottleneck | convnext | convnext-v2
            model.depths                        []                                       list of integers from 1 to 200
            model.widths                        []                                       list of integers from 1 to 8192
            model.stem                          64                                       integer from 1 to 1024
            model.decoder                       unet                                     unet | block
            model.decoderWidth                  0                                        integer from 0 to 4096
            model.dropPath                      -1.0                                     number from -1 to 0.9

            training.runId                      "run-1"                                  string
            training.seed                       42                                       integer
            training.device                     "cpu"                                    string
            training.threads                    0                                        integer from 0 to 1024
            training.precision                  fp32                                     bf16 | fp32 | fp64
            training.kernels                    fast                                     fast | library
            training.gemm                       auto                                     auto | mkl | onednn
            training.maxSkippedInARow           10                                       integer from 1 to 1000
            training.otherMasking               refuse                                   refuse | take
            training.average                    none                                     none | ema | merge
            training.ema.decay                  0.999                                    number from 0 to 0.9999999
            training.ema.warmup                 10                                       integer from 1 to 1000000
            training.ema.everySteps             10                                       integer from 1 to 100000
            training.merge.count                4                                        integer from 2 to 100
            training.merge.everySteps           250                                      integer from 1 to 1000000
            training.anneal.steps               0                                        integer from 0 to 1000000
            training.init.weights               ""                                       string
            training.init.scope                 encoder                                  encoder | all
            training.init.names                 timm                                     timm | official | spark
            training.optimiser.beta1            0.9                                      number from 0 to 0.9999
            training.optimiser.beta2            0.95                                     number from 0 to 0.99999
            training.optimiser.epsilon          1.0E-6                                   number from 0.000000000001 to 1
            training.optimiser.clipNorm         5.0                                      number from 0.000001 to 1000000
            training.schedule.kind              warmup-stable-decay                      cosine | infinite | repeated-cosine | warmup-stable-decay
            training.schedule.peakLearningRate  0.0032                                   number from 0 to 10
            training.schedule.warmupSteps       400                                      integer from 0 to 1000000000
            training.schedule.cooldownSteps     0                                        integer from 0 to 1000000000
            training.schedule.constantLearningRate  0.0                                      number from 0 to 10
            training.schedule.totalSteps        0                                        integer from 0 to 1000000000000
            training.schedule.decaySteps        0                                        integer from 0 to 1000000000000
            training.schedule.weightDecay       0.04                                     number from 0 to 10
            training.schedule.weightDecayEnd    0.2                                      number from 0 to 10
            training.round.steps                16                                       integer from 1 to 1000000
            training.round.outer                mean                                     mean | momentum
            training.round.rate                 0.7                                      number from 0.000001 to 10
            training.round.momentum             0.9                                      number from 0 to 0.9999
            training.round.changes              full                                     full | bf16

            checkpoints.everySteps              1000                                     integer from 1 to 1000000000000
            checkpoints.maxLoss                 10.0                                     number from 0.01 to 1000000000000
            checkpoints.artifacts               "file:///tmp/kiln/artifacts"             string
            checkpoints.reconstructions         8                                        integer from 0 to 64
            checkpoints.keepLast                20                                       integer from 1 to 1000000
            checkpoints.keepEvery               10                                       integer from 0 to 1000000
            checkpoints.keepPromoted            10                                       integer from 1 to 1000000

            evaluation.holdoutShare             0.0                                      number from 0 to 0.99
            evaluation.anchors                  256                                      integer from 2 to 100000
            evaluation.recent                   256                                      integer from 2 to 100000
            evaluation.eraImages                0                                        integer from 0 to 1000000000
            evaluation.device                   "cpu"                                    string
            evaluation.probe                    ""                                       string
            evaluation.compatibility.keepRecall  0.95                                     number from 0 to 1
            evaluation.compatibility.adaptRecall  0.8                                      number from 0 to 1
            evaluation.drift.reference          256                                      integer from 32 to 10000
            evaluation.drift.window             64                                       integer from 8 to 1000
            evaluation.drift.falseAlarms        0.001                                    number from 0.000001 to 0.5
            evaluation.promote                  never                                    never | when-not-worse
            evaluation.margins.loss             0.01                                     number from 0 to 10
            evaluation.margins.rank             0.5                                      number from 0 to 1
            evaluation.margins.probe            0.01                                     number from 0 to 1

            flink.restUrl                       "http://localhost:8081"                  string
            flink.checkpointInterval            10s                                      duration from 0.1 to 86400 seconds
            flink.checkpointTimeout             5m                                       duration from 1 to 86400 seconds
            flink.checkpointDirectory           ""                                       string
            flink.maskingParallelism            1                                        integer from 1 to 1000
            flink.trainingParallelism           1                                        integer from 1 to 64
            flink.transactionTimeout            14m                                      duration from 10 to 604800 seconds
            flink.restartDelay                  1s                                       duration from 0 to 3600 seconds
            flink.restartAttempts               1000000                                  integer from 0 to 2147483647
            """;

    @Test
    void everyKeyHasThisDefaultAndThisRange() {
        List<String> expected = KEYS.lines().filter(line -> !line.isBlank()).toList();
        List<String> actual =
                ConfigKeys.of(KilnConfig.defaults()).stream()
                        .map(
                                key ->
                                        "%-34s  %-39s  %s"
                                                .formatted(key.path(), key.value(), key.allowed()))
                        .toList();
        assertThat(actual).containsExactlyElementsOf(expected);
    }

    @Test
    void numbersJustOutsideTheirRangeAreRefused() {
        List<String> outside = new ArrayList<>();
        eachKey(
                KilnConfig.class,
                "",
                (path, component) -> outside.addAll(outside(path, component)));
        assertThat(outside).hasSizeGreaterThan(80);
        for (String override : outside) {
            String path = override.substring(0, override.indexOf('='));
            assertThatThrownBy(() -> KilnConfig.parse("", List.of(override)))
                    .as(override)
                    .isInstanceOf(ConfigException.class)
                    .hasMessageContaining(path + ": ")
                    .hasMessageContaining("is not allowed; expected ");
        }
    }

    private static void eachKey(
            Class<?> section, String path, BiConsumer<String, RecordComponent> visitor) {
        for (RecordComponent component : section.getRecordComponents()) {
            String name = ConfigBinder.join(path, component.getName());
            if (component.isAnnotationPresent(Key.class)) {
                visitor.accept(name, component);
            } else {
                eachKey(component.getType(), name, visitor);
            }
        }
    }

    /** Overrides with a value just below and just above the range. */
    private static List<String> outside(String path, RecordComponent component) {
        Key key = ConfigKeys.keyOf(component);
        List<String> overrides = new ArrayList<>();
        if (key.min() != Double.NEGATIVE_INFINITY) {
            overrides.add(path + "=" + written(component, key.min(), -1));
        }
        if (key.max() != Double.POSITIVE_INFINITY) {
            overrides.add(path + "=" + written(component, key.max(), 1));
        }
        return overrides;
    }

    /** A limit, moved by the smallest step in which the type is written. */
    private static String written(RecordComponent component, double limit, int direction) {
        Class<?> type = component.getType();
        if (type == Duration.class) {
            return Math.round(limit * 1000) + direction + "ms";
        }
        if (type == List.class) {
            return "[" + moved(limit, ConfigValues.elementType(component), direction) + "]";
        }
        return moved(limit, type, direction);
    }

    private static String moved(double limit, Class<?> type, int direction) {
        if (type == double.class || type == Double.class) {
            return Double.toString(direction < 0 ? Math.nextDown(limit) : Math.nextUp(limit));
        }
        return Long.toString((long) limit + direction);
    }
}
