package io.kiln.cli;

import io.kiln.config.ConfigException;
import io.kiln.config.KilnConfig;
import io.kiln.config.MaskingConfig.Duplicates;
import io.kiln.images.ImageDecoder;
import io.kiln.ingest.ImageSource;
import io.kiln.ingest.Rounds;
import io.kiln.ingest.SentBefore;
import io.kiln.masking.sampling.MaskingPlan;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code --repeat} and what belongs to it. */
final class RepeatOptions {
    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    @Option(
            names = "--repeat",
            paramLabel = "N",
            description =
                    "send everything N times, each time in a different order; images that training"
                            + " would refuse are sent once")
    private @Nullable Integer repeat;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "0",
            description = "with --repeat: seed of the orders (default: ${DEFAULT-VALUE})")
    private long seed;

    @Option(
            names = "--spool",
            paramLabel = "FOLDER",
            description =
                    "with --repeat: folder for a copy of the images while the command runs (default:"
                            + " that of the machine's temporary files)")
    private Path spool = Path.of(System.getProperty("java.io.tmpdir"));

    boolean isSet() {
        return repeat != null;
    }

    /** Ends the command with a message if the options do not fit the others. */
    void require(KilnConfig kiln, boolean watch) {
        if (repeat == null) {
            return;
        }
        if (repeat < 1) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--repeat: " + repeat + " is not allowed; expected 1 or more");
        }
        if (watch) {
            throw new ParameterException(
                    spec.commandLine(), "--repeat is not allowed with --watch, which has no end");
        }
        Duplicates duplicates = kiln.masking().duplicates();
        if (repeat > 1 && duplicates != Duplicates.KEEP) {
            throw new ConfigException(
                    "masking.duplicates: "
                            + duplicates.name().toLowerCase(Locale.ROOT)
                            + " is not allowed with --repeat, whose later rounds it would drop;"
                            + " expected keep");
        }
    }

    /** What is sent: the sources themselves, or rounds of what they hold. */
    List<? extends ImageSource> of(
            List<? extends ImageSource> sources,
            KilnConfig kiln,
            boolean distinct,
            ImageDecoder decoder) {
        if (repeat == null) {
            return sources;
        }
        int most = Math.toIntExact(kiln.ingest().maxImageBytes().bytes());
        Rounds.Plan plan = new Rounds.Plan(repeat, seed, distinct);
        return List.of(new Rounds(sources, plan, decoder, most, spool));
    }

    /** What a run has sent. */
    SentBefore sentBefore(KilnConfig kiln, @Nullable String run) {
        if (run == null) {
            return SentBefore.nothing();
        }
        return repeat == null ? SentBefore.ofRun(kiln, run) : SentBefore.ofRounds(kiln, run);
    }

    /** Decodes as the masking job does. */
    static ImageDecoder decoder(KilnConfig kiln) {
        MaskingPlan plan = MaskingPlan.of(kiln);
        return new ImageDecoder(MaskingPlan.limits(kiln), plan.input().channels(), plan.scale());
    }
}
