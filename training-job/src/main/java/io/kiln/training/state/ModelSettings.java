package io.kiln.training.state;

import io.kiln.config.AnnealConfig;
import io.kiln.config.ConfigException;
import io.kiln.config.InputConfig;
import io.kiln.config.KilnConfig;
import io.kiln.config.ModelConfig;
import io.kiln.config.OptimiserConfig;
import io.kiln.config.ScheduleConfig;
import io.kiln.config.TrainingConfig;
import io.kiln.model.batch.InputGeometry;
import io.kiln.model.batch.Normalisation;
import io.kiln.model.network.Architecture;
import io.kiln.model.network.DecoderKind;
import io.kiln.model.network.Family;
import io.kiln.model.network.PublishedArchitectures;
import io.kiln.model.torch.Kernels;
import io.kiln.model.torch.Precision;
import io.kiln.model.training.AnnealingSettings;
import io.kiln.model.training.CosineSchedule;
import io.kiln.model.training.InfiniteSchedule;
import io.kiln.model.training.MergedWeights;
import io.kiln.model.training.MovingAverage;
import io.kiln.model.training.OptimiserSettings;
import io.kiln.model.training.RepeatedCosine;
import io.kiln.model.training.Schedule;
import io.kiln.model.training.TrainerSettings;
import io.kiln.model.training.WarmupStableDecay;

/** Translates the configuration into settings of the model. */
public final class ModelSettings {
    private static final double CUSTOM_LAYER_SCALE = 1e-6;

    private ModelSettings() {}

    /**
     * The settings of a trainer of this configuration.
     *
     * @throws ConfigException if the network cannot be built as configured
     */
    public static TrainerSettings of(KilnConfig config) {
        InputConfig input = config.input();
        TrainingConfig training = config.training();
        OptimiserConfig optimiser = training.optimiser();
        TrainerSettings settings =
                new TrainerSettings(
                        architecture(config),
                        new InputGeometry(
                                input.height(), input.width(), input.channels(), input.patch()),
                        new Normalisation(input.mean(), input.std()),
                        new OptimiserSettings(
                                optimiser.beta1(),
                                optimiser.beta2(),
                                optimiser.epsilon(),
                                optimiser.clipNorm()),
                        schedule(training.schedule()),
                        Precision.valueOf(training.precision().name()),
                        training.device(),
                        Kernels.named(training.kernels().name(), training.gemm().name()),
                        training.seed());
        return switch (training.average()) {
            case NONE -> annealed(settings, config);
            case EMA ->
                    settings.averaged(
                            new MovingAverage(
                                    training.ema().decay(),
                                    training.ema().warmup(),
                                    training.ema().everySteps()));
            case MERGE ->
                    settings.averaged(
                            new MergedWeights(
                                    training.merge().count(), training.merge().everySteps()));
        };
    }

    private static TrainerSettings annealed(TrainerSettings settings, KilnConfig config) {
        AnnealConfig anneal = config.training().anneal();
        return anneal.anneals()
                ? settings.annealed(
                        new AnnealingSettings(anneal.steps(), config.checkpoints().everySteps()))
                : settings;
    }

    private static Architecture architecture(KilnConfig config) {
        ModelConfig model = config.model();
        DecoderKind decoder = DecoderKind.valueOf(model.decoder().name());
        int width = decoder.width(model.decoderWidth());
        try {
            Architecture built =
                    model.architecture().equals(ModelConfig.CUSTOM)
                            ? new Architecture(
                                    Family.valueOf(model.family().name()),
                                    model.depths(),
                                    model.widths(),
                                    model.stem(),
                                    CUSTOM_LAYER_SCALE,
                                    Math.max(0, model.dropPath()),
                                    width,
                                    config.input().channels())
                            : PublishedArchitectures.named(
                                    model.architecture(), width, config.input().channels());
            Architecture decoded = built.withDecoder(decoder);
            return model.dropPath() < 0 ? decoded : decoded.withDropPath(model.dropPath());
        } catch (IllegalArgumentException e) {
            throw new ConfigException("model: " + e.getMessage());
        }
    }

    private static Schedule schedule(ScheduleConfig schedule) {
        return switch (schedule.kind()) {
            case COSINE ->
                    new CosineSchedule(
                            schedule.peakLearningRate(),
                            schedule.warmupSteps(),
                            schedule.totalSteps(),
                            schedule.weightDecay(),
                            schedule.weightDecayEnd());
            case INFINITE ->
                    new InfiniteSchedule(
                            schedule.peakLearningRate(),
                            schedule.constantLearningRate(),
                            schedule.warmupSteps(),
                            schedule.cooldownSteps(),
                            schedule.totalSteps(),
                            schedule.decaySteps(),
                            schedule.weightDecay(),
                            schedule.weightDecayEnd());
            case REPEATED_COSINE ->
                    new RepeatedCosine(
                            schedule.peakLearningRate(),
                            schedule.warmupSteps(),
                            schedule.totalSteps(),
                            schedule.weightDecay());
            case WARMUP_STABLE_DECAY ->
                    new WarmupStableDecay(
                            schedule.peakLearningRate(),
                            schedule.warmupSteps(),
                            schedule.totalSteps(),
                            schedule.decaySteps(),
                            schedule.weightDecay(),
                            schedule.weightDecayEnd());
        };
    }
}
