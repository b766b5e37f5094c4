package io.kiln.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Test;

/** What is shipped says whose it is. */
class NoticeIT {
    private static final Path ROOT = Path.of(System.getProperty("kiln.root"));
    private static final String OURS = "-0.1.0-SNAPSHOT.jar";

    @Test
    void noticeNamesEveryJarThatIsShipped() throws IOException {
        List<String> words =
                List.of(Files.readString(ROOT.resolve("NOTICE")).split("[^A-Za-z0-9_.-]+"));
        assertThat(libraries())
                .isNotEmpty()
                .filteredOn(jar -> !jar.endsWith(OURS))
                .allSatisfy(
                        jar -> assertThat(words).as(jar).anyMatch(word -> isArtifact(word, jar)));
    }

    @Test
    void ourJarsCarryLicenceAndNotice() throws IOException {
        List<String> ours = libraries().stream().filter(jar -> jar.endsWith(OURS)).toList();
        assertThat(ours).isNotEmpty();
        for (String jar : ours) {
            try (ZipFile zip = new ZipFile(ROOT.resolve("cli/target/lib").resolve(jar).toFile())) {
                assertThat(zip.getEntry("META-INF/LICENSE")).as(jar).isNotNull();
                assertThat(zip.getEntry("META-INF/NOTICE")).as(jar).isNotNull();
            }
        }
    }

    private static List<String> libraries() throws IOException {
        try (Stream<Path> files = Files.list(ROOT.resolve("cli/target/lib"))) {
            return files.map(file -> file.getFileName().toString()).collect(Collectors.toList());
        }
    }

    /** Whether a jar is of this name: what follows is its version. */
    private static boolean isArtifact(String name, String jar) {
        return jar.startsWith(name + "-") && Character.isDigit(jar.charAt(name.length() + 1));
    }
}
