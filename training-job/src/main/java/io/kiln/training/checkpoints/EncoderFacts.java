package io.kiln.training.checkpoints;

import io.kiln.config.KilnConfig;
import io.kiln.model.network.Architecture;
import io.kiln.model.training.Trainer;
import io.kiln.model.training.WholeImageEncoder;
import io.kiln.model.weights.TimmModel;
import io.kiln.schemas.EncoderWeights;
import io.kiln.schemas.FeatureSpec;
import io.kiln.training.state.BatchMasking;
import io.kiln.training.state.RunProgress;
import io.kiln.training.state.ShapingConfiguration;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * What is said of a version's encoder, in its files and in its event. Equal for equal runs.
 *
 * @param seen what the weights have been trained on
 * @param network what the files hold, with the stem that timm has
 * @param timm how timm builds it; empty if it cannot
 * @param statistics what the running statistics of its norms are of
 */
record EncoderFacts(
        KilnConfig config,
        Trainer trainer,
        RunProgress progress,
        SeenByWeights seen,
        long version,
        Architecture network,
        Optional<TimmModel> timm,
        WholeImageEncoder.Statistics statistics) {
    private static final int FIRST_STRIDE = 4;

    static EncoderFacts of(
            KilnConfig config,
            Trainer trainer,
            RunProgress progress,
            SeenByWeights seen,
            WholeImageEncoder encoder) {
        Architecture network = encoder.tensors().architecture();
        return new EncoderFacts(
                config,
                trainer,
                progress,
                seen,
                progress.version() + 1,
                network,
                TimmModel.of(network),
                encoder.statistics());
    }

    /** Maps by stage. */
    List<FeatureSpec> features() {
        return IntStream.range(0, Architecture.STAGES)
                .mapToObj(i -> new FeatureSpec(FIRST_STRIDE << i, network.widths().get(i)))
                .toList();
    }

    /** Values of an embedding. */
    int embeddingSize() {
        return network.widths().get(Architecture.STAGES - 1);
    }

    /** Which weights the encoder has. */
    EncoderWeights weights() {
        if (trainer.annealed().isPresent()) {
            return EncoderWeights.ANNEALED;
        }
        return switch (config.training().average()) {
            case NONE -> EncoderWeights.RAW;
            case EMA -> EncoderWeights.EMA;
            case MERGE -> EncoderWeights.MERGED;
        };
    }

    /** How the batches were masked. */
    BatchMasking masking() {
        return progress.masking(config);
    }

    /** The file whose SHA-256 is the configuration's hash. */
    String configuration() {
        return ShapingConfiguration.yaml(config, masking());
    }

    /** Bits of a sample. */
    int sampleBits() {
        return Byte.SIZE * config.input().sampleType().bytes();
    }

    /** Why timm cannot build it, for people. */
    String notInTimm() {
        return "timm's ResNets have a stem of "
                + TimmModel.RESNET_STEM
                + " channels and this one of "
                + network.stem()
                + "; load encoder.pt with torch.jit.load";
    }

    static String codeVersion() {
        String version = EncoderFacts.class.getPackage().getImplementationVersion();
        return version == null ? "development" : version;
    }
}
