package io.kiln.evaluation.job;

import io.kiln.config.KilnConfig;
import io.kiln.evaluation.images.TestImages;
import io.kiln.model.layers.Parameter;
import io.kiln.model.network.Encoder;
import io.kiln.model.training.StepResult;
import io.kiln.model.training.Trainer;
import io.kiln.model.weights.NetworkTensors;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.RecordSerializer;
import io.kiln.schemas.SparseBatch;
import io.kiln.schemas.TestServers;
import io.kiln.training.checkpoints.CheckpointPublisher;
import io.kiln.training.checkpoints.SeenByWeights;
import io.kiln.training.input.BatchDecoder;
import io.kiln.training.input.BatchInput;
import io.kiln.training.state.ModelSettings;
import io.kiln.training.state.RunProgress;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** A run that trains and writes versions, as the training job does. */
final class TrainedVersions implements AutoCloseable {
    private static final int BATCH = 8;

    private final KilnConfig config;
    private final Trainer trainer;
    private final RunProgress progress = RunProgress.fresh(List.of(0));
    private final CheckpointPublisher publisher;
    private int batches;

    TrainedVersions(KilnConfig config) {
        this.config = config;
        this.trainer = new Trainer(ModelSettings.of(config));
        this.publisher = new CheckpointPublisher(config);
    }

    /** Trains for some steps, and writes the files of a version. */
    CheckpointEvent next(int steps) throws IOException {
        for (int i = 0; i < steps; i++) {
            String topic = config.topics().sparseBatches();
            SparseBatch batch = TestImages.batch(10_000 + BATCH * batches, BATCH);
            byte[] value =
                    new RecordSerializer<SparseBatch>(TestServers.registry())
                            .serialize(topic, batch);
            BatchInput input = new BatchInput(topic, 0, batches++, value);
            StepResult step = trainer.step(BatchDecoder.toMaskedBatch(batch));
            progress.saw(input, batch);
            progress.last(value);
            progress.stepped(step.loss(), step.learningRate());
        }
        CheckpointEvent event =
                publisher.publish(trainer, progress, SeenByWeights.of(trainer, progress), 1);
        progress.published(trainer.step());
        return event;
    }

    /** From now on the encoder gives the same features in another order, which is a rotation. */
    void permute() {
        for (Parameter parameter : trainer.model().weights().parameters()) {
            if (parameter.name().matches(".*layer4\\.0\\.(conv3|bn3|downsample\\.[01])\\..*")) {
                double[] values = NetworkTensors.doubles(parameter.value());
                int channels = config.model().widths().get(3);
                int each = values.length / channels;
                double[] permuted = new double[values.length];
                for (int channel = 0; channel < channels; channel++) {
                    int from = (5 * channel + 3) % channels;
                    System.arraycopy(values, from * each, permuted, channel * each, each);
                }
                NetworkTensors.set(parameter.value(), permuted);
            }
        }
    }

    /** From now on the encoder is another one, with random weights. */
    void replace(long seed) {
        Random random = new Random(seed);
        for (Parameter parameter : trainer.model().weights().parameters()) {
            long[] shape = parameter.value().getShape().getShape();
            if (parameter.name().startsWith(Encoder.PREFIX) && shape.length > 1) {
                double[] values = NetworkTensors.doubles(parameter.value());
                double deviation = Math.sqrt(2.0 * shape[0] / values.length);
                Arrays.setAll(values, i -> deviation * random.nextGaussian());
                NetworkTensors.set(parameter.value(), values);
            }
        }
    }

    /** From now on the encoder gives the same features for all images: its weights are 0. */
    void collapse() {
        for (Parameter parameter : trainer.model().weights().parameters()) {
            if (parameter.name().startsWith(Encoder.PREFIX)) {
                double[] values = NetworkTensors.doubles(parameter.value());
                Arrays.fill(values, parameter.name().endsWith("bias") ? 0.3 : 0);
                NetworkTensors.set(parameter.value(), values);
            }
        }
    }

    @Override
    public void close() {
        trainer.close();
    }
}
