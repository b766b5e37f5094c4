package io.kiln.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kiln.model.batch.InputGeometry;
import io.kiln.model.network.Architecture;
import io.kiln.model.network.ModelDescription;
import io.kiln.model.network.PublishedArchitectures;
import io.kiln.operations.console.Json;
import java.io.PrintWriter;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code kiln model}: lists networks, describes their costs, exports encoders. */
@Command(
        name = "model",
        synopsisSubcommandLabel = "list|describe|export",
        description = "Lists the published networks, describes their costs and exports encoders.",
        footerHeading = "%nExamples:%n",
        footer = {"  kiln model list", "  kiln model describe resnet50"},
        subcommands = {
            ModelCommand.ListNetworks.class,
            ModelCommand.Describe.class,
            ModelExportCommand.class
        })
final class ModelCommand implements Runnable {
    private static final int CHANNELS = 3;
    private static final int PUBLISHED_DECODER = 768;

    @Spec private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(),
                "expected: kiln model list, kiln model describe NAME or kiln model export");
    }

    /** {@code kiln model list}. */
    @Command(
            name = "list",
            description = "Lists the published networks.",
            footerHeading = "%nExample:%n",
            footer = "  kiln model list")
    static final class ListNetworks implements Runnable {
        @Spec private CommandSpec spec;

        @Override
        public void run() {
            Table table =
                    new Table(
                            "NAME",
                            "FAMILY",
                            "BLOCKS PER STAGE",
                            "CHANNELS PER STAGE",
                            "DROP-PATH");
            for (String name : PublishedArchitectures.names()) {
                Architecture network =
                        PublishedArchitectures.named(name, PUBLISHED_DECODER, CHANNELS);
                table.add(
                        name,
                        network.family().name().toLowerCase(Locale.ROOT).replace('_', '-'),
                        network.depths().toString(),
                        network.widths().toString(),
                        Double.toString(network.dropPath()));
            }
            PrintWriter out = spec.commandLine().getOut();
            out.print(table);
            out.flush();
        }
    }

    /** {@code kiln model describe}. */
    @Command(
            name = "describe",
            description = {
                "Describes what a network costs.",
                "Prints the number of parameters, the multiply-adds of a forward pass per image and the "
                        + "memory of a training step."
            },
            footerHeading = "%nExample:%n",
            footer = "  kiln model describe resnet50 --size 224 --batch 16")
    static final class Describe implements Runnable {
        @Spec private CommandSpec spec;
        @Mixin private NetworkInputOptions input;

        @Parameters(
                paramLabel = "NAME",
                description = "name of a published network, as kiln model list prints it")
        private String name;

        @Option(names = "--json", description = "print one JSON object")
        private boolean json;

        @Override
        public void run() {
            Architecture network;
            InputGeometry geometry;
            try {
                network = input.network(name, CHANNELS);
                geometry =
                        new InputGeometry(
                                input.size(), input.size(), CHANNELS, InputGeometry.STRIDE);
            } catch (IllegalArgumentException e) {
                throw new ParameterException(spec.commandLine(), e.getMessage(), e);
            }
            double keep = Math.rint((1 - input.maskRatio()) * geometry.patches());
            if (keep < 1 || keep >= geometry.patches() || input.batch() < 1) {
                throw new ParameterException(
                        spec.commandLine(),
                        "--mask-ratio "
                                + input.maskRatio()
                                + " keeps "
                                + (long) keep
                                + " of "
                                + geometry.patches()
                                + " patches; expected at least 1 kept and 1 masked, and --batch at least 1");
            }
            double visible = keep / geometry.patches();
            ModelDescription costs = ModelDescription.of(network, geometry, visible);
            PrintWriter out = spec.commandLine().getOut();
            out.println(json ? Json.pretty(tree(costs, visible)) : text(costs, visible));
            out.flush();
        }

        private ObjectNode tree(ModelDescription costs, double visible) {
            return Json.MAPPER
                    .createObjectNode()
                    .put("name", name)
                    .put("size", input.size())
                    .put("visibleShare", visible)
                    .put("parameters", costs.parameters())
                    .put("encoderParameters", costs.encoderParameters())
                    .put("encoderMacs", costs.encoderMacs())
                    .put("sparseEncoderMacs", costs.sparseEncoderMacs(visible))
                    .put("densifyMacs", costs.densifyMacs())
                    .put("decoderMacs", costs.decoderMacs())
                    .put("stateBytes", costs.stateBytes())
                    .put("activationBytesAnImage", costs.activationBytes());
        }

        private String text(ModelDescription costs, double visible) {
            Table table = new Table(name, input.size() + " px, " + percent(visible) + " visible");
            table.add(
                    "parameters",
                    millions(costs.parameters())
                            + ", encoder "
                            + millions(costs.encoderParameters()));
            table.add(
                    "encoder",
                    giga(costs.encoderMacs())
                            + " dense, "
                            + giga(costs.sparseEncoderMacs(visible))
                            + " sparse");
            table.add("densify", giga(costs.densifyMacs()));
            table.add("decoder", giga(costs.decoderMacs()));
            table.add("weights, gradients, moments", mebibytes(costs.stateBytes()));
            table.add(
                    "activations of a batch of " + input.batch(),
                    "about " + mebibytes(input.batch() * costs.activationBytes()));
            return table.toString().stripTrailing();
        }

        private static String percent(double share) {
            return Math.round(100 * share) + " %";
        }

        private static String millions(long count) {
            return String.format(Locale.ROOT, "%.2f M", count / 1e6);
        }

        private static String giga(long macs) {
            return String.format(Locale.ROOT, "%.2f G multiply-adds per image", macs / 1e9);
        }

        private static String mebibytes(long bytes) {
            return String.format(Locale.ROOT, "%,d MiB", bytes >> 20);
        }
    }
}
