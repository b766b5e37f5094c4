package io.kiln.cli;

import io.kiln.model.network.Architecture;
import picocli.CommandLine.Option;

/** Options for the network that is measured. */
final class BenchNetworkOptions extends NetworkInputOptions {
    private static final int CHANNELS = 3;

    @Option(
            names = "--arch",
            paramLabel = "NAME",
            defaultValue = "resnet50",
            description =
                    "name of a published network, as kiln model list prints it (default: ${DEFAULT-VALUE})")
    private String architecture;

    /** Name of the network. */
    String architecture() {
        return architecture;
    }

    /**
     * The network, without drop-path.
     *
     * @throws IllegalArgumentException if there is none of that name, or the width is not allowed
     */
    Architecture network() {
        return network(architecture, CHANNELS).withDropPath(0);
    }
}
