package io.kiln.verification.golden;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.kiln.model.torch.Precision;
import io.kiln.verification.masked.Implementation;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * The cases of the official code, where their folder is: -Dkiln.golden=DIR, or shared/golden beside
 * the checkout.
 */
class GoldenCasesTest {
    private static final Path DIRECTORY =
            Path.of(System.getProperty("kiln.golden", "../../shared/golden"));

    @TestFactory
    Stream<DynamicTest> everyCaseIsWithinItsTolerance() throws IOException {
        assumeTrue(
                Files.isDirectory(DIRECTORY), "no golden cases in " + DIRECTORY.toAbsolutePath());
        List<Path> cases;
        try (Stream<Path> folders = Files.list(DIRECTORY)) {
            cases = folders.filter(GoldenCasesTest::isTheNetworks).sorted().toList();
        }
        return cases.stream()
                .flatMap(
                        folder ->
                                Stream.of(
                                        test(folder, Precision.FP32, Implementation.FAST),
                                        test(folder, Precision.FP32, Implementation.FAST_ONEDNN),
                                        test(folder, Precision.FP64, Implementation.FAST),
                                        test(folder, Precision.FP64, Implementation.LIBRARY),
                                        test(folder, Precision.FP64, Implementation.MASKED_DENSE)));
    }

    private static DynamicTest test(
            Path folder, Precision precision, Implementation implementation) {
        return DynamicTest.dynamicTest(
                folder.getFileName() + " " + precision + " " + implementation,
                () -> check(folder, precision, implementation));
    }

    private static boolean isTheNetworks(Path folder) {
        try {
            return Files.exists(folder.resolve("case.json"))
                    && !GoldenCase.kindOf(folder).equals("crops");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void check(Path folder, Precision precision, Implementation implementation)
            throws IOException {
        GoldenReport report = GoldenCase.run(folder, precision, implementation);
        assertThat(report.comparisons().stream().filter(c -> !c.passes())).isEmpty();
    }
}
