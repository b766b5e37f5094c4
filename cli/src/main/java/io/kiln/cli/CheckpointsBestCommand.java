package io.kiln.cli;

import static io.kiln.operations.report.Numbers.figure;

import io.kiln.checkpoints.EventJson;
import io.kiln.config.KilnConfig;
import io.kiln.operations.checkpoints.RunEvaluations;
import io.kiln.operations.checkpoints.RunVersions;
import io.kiln.operations.console.Printable;
import io.kiln.schemas.Evaluation;
import io.kiln.schemas.ProbeFigures;
import io.kiln.schemas.SetFigures;
import java.io.PrintWriter;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code kiln checkpoints best}. */
@Command(
        name = "best",
        description = {
            "Names the version with the lowest holdout loss on the anchors, among those whose files"
                    + " are kept.",
            "With a probe, only versions within one standard error of the highest probe accuracy"
                    + " count.",
            "The evaluation job measures the loss; see docs/explanation/evaluation.md."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  kiln checkpoints best",
            "  kiln checkpoints promote $(kiln checkpoints best --json | jq .version)"
        })
final class CheckpointsBestCommand implements Runnable {
    @Spec private CommandSpec spec;
    @Mixin private ConfigOptions config;

    @Option(
            names = "--json",
            description =
                    "print the version's evaluation as one JSON object with the field names of the"
                            + " schema")
    private boolean json;

    @Override
    public void run() {
        KilnConfig kiln = config.load();
        RunVersions versions = CheckpointsCommand.versions(kiln);
        Evaluation best = RunEvaluations.of(kiln).best(versions.all());
        PrintWriter out = spec.commandLine().getOut();
        out.println(json ? Printable.line(EventJson.line(best)) : text(best));
        out.flush();
    }

    private static String text(Evaluation best) {
        SetFigures anchors = best.getAnchors();
        return "v"
                + best.getVersion()
                + " of step "
                + best.getStep()
                + ": holdout loss "
                + figure("%.4f", anchors.getLoss())
                + " on "
                + anchors.getImages()
                + " anchors and "
                + figure("%.4f", best.getRecent().getLoss())
                + " on "
                + best.getRecent().getImages()
                + " recent images, effective rank "
                + figure("%.1f", anchors.getEffectiveRank())
                + " of "
                + best.getFeatureSize()
                + probe(best.getProbe());
    }

    private static String probe(@Nullable ProbeFigures probe) {
        return probe == null
                ? ""
                : String.format(
                        Locale.ROOT,
                        ", probe %.1f %% ± %.1f of %d pictures in %d classes",
                        100 * probe.getLinear(),
                        100 * probe.getLinearSpread(),
                        probe.getPictures(),
                        probe.getClasses());
    }
}
