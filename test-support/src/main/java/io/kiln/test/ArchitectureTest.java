package io.kiln.test;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * The rules of the architecture. Surefire runs them in every module, on the production classes of
 * that module.
 */
public class ArchitectureTest {
    private static final String ROOT = "io.kiln.";

    /** Each module's first package below io.kiln, and those of the modules that it may use. */
    private static final Map<String, Set<String>> MODULES =
            Map.ofEntries(
                    Map.entry("config", Set.of()),
                    Map.entry("schemas", Set.of()),
                    Map.entry("images", Set.of()),
                    Map.entry("local", Set.of()),
                    Map.entry("model", Set.of()),
                    Map.entry("checkpoints", Set.of("schemas")),
                    Map.entry("encoder", Set.of("schemas", "images", "checkpoints")),
                    Map.entry("examples", Set.of("schemas", "checkpoints", "encoder")),
                    Map.entry("kafka", Set.of("schemas", "config")),
                    Map.entry("ingest", Set.of("schemas", "config", "images")),
                    Map.entry("masking", Set.of("schemas", "config", "images", "kafka")),
                    Map.entry("training", Set.of("schemas", "config", "model", "kafka")),
                    Map.entry(
                            "evaluation",
                            Set.of("schemas", "config", "images", "model", "kafka", "checkpoints")),
                    Map.entry(
                            "operations",
                            Set.of(
                                    "schemas",
                                    "config",
                                    "images",
                                    "model",
                                    "kafka",
                                    "checkpoints",
                                    "local")),
                    Map.entry(
                            "demo",
                            Set.of(
                                    "schemas",
                                    "config",
                                    "images",
                                    "kafka",
                                    "ingest",
                                    "masking",
                                    "training",
                                    "evaluation",
                                    "checkpoints",
                                    "local",
                                    "operations")),
                    Map.entry(
                            "verification",
                            Set.of("schemas", "config", "images", "masking", "model")));

    /** Libraries that a module must not use. */
    private static final Map<String, List<String>> BANNED =
            Map.of(
                    "config", List.of("org.apache.flink..", "org.apache.kafka..", "ai.djl.."),
                    "schemas", List.of("org.apache.flink..", "ai.djl.."),
                    "images", List.of("org.apache..", "ai.djl.."),
                    "local", List.of("org.apache.flink..", "ai.djl.."),
                    "model", List.of("org.apache.."),
                    "checkpoints", List.of("org.apache.flink..", "ai.djl.."),
                    "encoder", List.of("org.apache.flink..", "ai.djl.pytorch.."),
                    "kafka", List.of("ai.djl.."),
                    "ingest", List.of("org.apache.flink..", "ai.djl.."),
                    "masking", List.of("ai.djl.."));

    private final JavaClasses production =
            new ClassFileImporter().importPath(Path.of("target", "classes"));

    @Test
    void packagesAreFreeOfCycles() {
        slices().matching("io.kiln.(**)").should().beFreeOfCycles().check(production);
    }

    @Test
    void modulesUseOnlyTheModulesTheyMay() {
        for (String module : modules()) {
            if (!MODULES.containsKey(module)) {
                continue; // at the top: may use all
            }
            noClasses()
                    .that()
                    .resideInAPackage(ROOT + module + "..")
                    .should()
                    .dependOnClassesThat(areOfAnotherModuleThan(module, MODULES.get(module)))
                    .check(production);
        }
    }

    @Test
    void modulesUseNoLibraryThatIsBannedForThem() {
        for (String module : modules()) {
            String[] banned = BANNED.getOrDefault(module, List.of()).toArray(String[]::new);
            noClasses()
                    .that()
                    .resideInAPackage(ROOT + module + "..")
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage(banned)
                    .check(production);
        }
    }

    @Test
    void everyModuleHasAPlaceInTheTable() {
        assertThat(modules())
                .isNotEmpty()
                .allMatch(module -> MODULES.containsKey(module) || module.equals("cli"));
    }

    private Set<String> modules() {
        return production.stream()
                .map(JavaClass::getPackageName)
                .filter(name -> name.startsWith(ROOT))
                .map(ArchitectureTest::module)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static String module(String packageName) {
        return packageName.substring(ROOT.length()).split("\\.")[0];
    }

    private static DescribedPredicate<JavaClass> areOfAnotherModuleThan(
            String module, Set<String> allowed) {
        return DescribedPredicate.describe(
                "are of another module of Kiln than " + module + " and " + new TreeSet<>(allowed),
                used -> {
                    String name = used.getPackageName();
                    return name.startsWith(ROOT)
                            && !module(name).equals(module)
                            && !allowed.contains(module(name));
                });
    }
}
