package io.kiln.training.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.NonRecoverableJobException;
import io.kiln.model.training.Trainer;
import io.kiln.training.input.BatchDecoder;
import io.kiln.training.input.BatchInput;
import io.kiln.training.job.TestBatches;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OperatorStateTest {
    private static Trainer trained;
    private static byte[] state;

    @BeforeAll
    static void train() throws IOException {
        trained = new Trainer(ModelSettings.of(config()));
        trained.step(BatchDecoder.toMaskedBatch(TestBatches.batch(0)));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (StateSnapshot snapshot = OperatorState.snapshot(config(), progress(), trained)) {
            snapshot.write(out);
        }
        state = out.toByteArray();
    }

    @AfterAll
    static void close() {
        trained.close();
    }

    private static KilnConfig config(String... more) {
        return TestBatches.config("file:///nowhere", more);
    }

    private static RunProgress progress() {
        RunProgress progress = RunProgress.fresh(List.of(0));
        progress.saw(
                new BatchInput("sparse-batches", 0, 7, new byte[] {1, 2, 3}), TestBatches.batch(0));
        progress.stepped(0.75, 0.01);
        progress.published(1);
        progress.stepped(0.5, 0.01);
        return progress;
    }

    /** Reads into a trainer of that configuration and requires that it is as the one saved. */
    private static void requireRead(byte[] bytes, KilnConfig config) throws IOException {
        OperatorState.Restored restored =
                OperatorState.read(new ByteArrayInputStream(bytes), config);
        try (Trainer trainer = restored.trainer()) {
            RunProgress read = restored.progress();
            assertThat(read.version()).isEqualTo(1);
            assertThat(read.stepOfLastEvent()).isEqualTo(1);
            assertThat(read.meanLoss()).isEqualTo(0.5);
            assertThat(read.seen().last("sparse-batches", 0)).isEqualTo(7);
            assertThat(read.firstBatch()).containsExactly(1, 2, 3);
            ByteArrayOutputStream again = new ByteArrayOutputStream();
            trainer.save(again);
            ByteArrayOutputStream expected = new ByteArrayOutputStream();
            trained.save(expected);
            assertThat(again.toByteArray()).isEqualTo(expected.toByteArray());
        }
    }

    private static void requireRefused(byte[] bytes, KilnConfig config, String... words) {
        assertThatThrownBy(() -> OperatorState.read(new ByteArrayInputStream(bytes), config))
                .isInstanceOf(NonRecoverableJobException.class)
                .cause()
                .hasMessageContainingAll(words);
    }

    @Test
    void whatIsWrittenIsRead() throws IOException {
        requireRead(state, config());
    }

    @Test
    void stateOfALaterVersionIsRefused() {
        byte[] later = state.clone();
        ByteBuffer.wrap(later).putInt(4, 3);
        requireRefused(later, config(), "version 3", "reads versions up to 2", "later Kiln");
    }

    @Test
    void stateOfAnotherJobIsRefused() {
        requireRefused(
                new byte[100],
                config(),
                "is not a training operator's",
                "savepoint of the training job");
    }

    @Test
    void stateThatBreaksOffIsRefused() {
        byte[] half = java.util.Arrays.copyOf(state, state.length / 2);
        requireRefused(half, config(), "the stream ended within tensor");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    model.name=other                | model.name: trained with "tiny", configured is "other"
                    model.widths=[8, 16, 24, 40]    | model.widths: trained with [8, 16, 24, 32], configured is [8, 16, 24, 40]
                    model.decoderWidth=64           | model.decoderWidth: trained with 32, configured is 64
                    model.decoder=block             | model.decoder: trained with UNET, configured is BLOCK
                    model.dropPath=0.2              | model.dropPath: trained with 0.0, configured is 0.2
                    model.family=convnext-v2        | model.family: trained with RESNET_BOTTLENECK, configured is CONVNEXT_V2
                    input.height=96                 | input.height: trained with 64, configured is 96
                    input.std=[0.2, 0.2, 0.2]       | input.std: trained with [0.229, 0.224, 0.225], configured is [0.2, 0.2, 0.2]
                    masking.seed=7                  | masking.seed: trained with
                    masking.maskRatio=0.5           | masking.maskRatio: trained with 0.6, configured is 0.5
                    training.runId=run-2            | training.runId: trained with "run-1", configured is "run-2"
                    training.seed=43                | training.seed: trained with 42, configured is 43
                    training.precision=fp64         | training.precision: trained with fp32, configured is fp64
                    training.optimiser.beta2=0.999  | training.optimiser.beta2: trained with 0.95, configured is 0.999
                    training.optimiser.clipNorm=1   | training.optimiser.clipNorm: trained with 5.0, configured is 1.0
                    """)
    void refusalNamesTheKeyAndBothValuesAndSaysWhatToDo(String change, String words) {
        requireRefused(
                state,
                config(change),
                words,
                "To continue this run, set back",
                "start without the state under another training.runId");
    }

    @Test
    void scheduleThreadsAndGemmMayChange() throws IOException {
        requireRead(
                state,
                config(
                        "training.schedule.peakLearningRate=0.5",
                        "training.threads=2",
                        "training.gemm=onednn",
                        "checkpoints.everySteps=99"));
    }

    @Test
    void keyThatTheStateDoesNotKnowHadItsDefault() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        StateSettings.of(config()).write(new DataOutputStream(out));
        StateSettings settings = without("training.optimiser.clipNorm", out.toByteArray());
        assertThatCode(() -> settings.requireFits(config())).doesNotThrowAnyException();
        assertThatThrownBy(() -> settings.requireFits(config("training.optimiser.clipNorm=1")))
                .hasStackTraceContaining(
                        "training.optimiser.clipNorm: trained with 5.0, configured is 1.0");
    }

    private static StateSettings without(String dropped, byte[] settings) throws IOException {
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(settings));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        DataOutputStream data = new DataOutputStream(out);
        int count = in.readInt();
        data.writeInt(count - 1);
        for (int i = 0; i < count; i++) {
            String key = in.readUTF();
            String value = in.readUTF();
            if (!key.equals(dropped)) {
                data.writeUTF(key);
                data.writeUTF(value);
            }
        }
        return StateSettings.read(new DataInputStream(new ByteArrayInputStream(out.toByteArray())));
    }
}
