package io.kiln.cli;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class BoundariesTest {
    private static final JavaClasses PRODUCTION =
            new ClassFileImporter()
                    .withImportOption(new ImportOption.DoNotIncludeTests())
                    .importPackages("io.kiln.cli");

    @Test
    void aReportIsMadeOfRecordsAloneAndRunsNothing() {
        noClasses()
                .that()
                .resideInAPackage("io.kiln.cli.report..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "io.kiln.cli",
                        "io.kiln.cli.demo..",
                        "io.kiln.ingest..",
                        "io.kiln.masking..",
                        "io.kiln.model..",
                        "io.kiln.training..",
                        "io.kiln.checkpoints..",
                        "io.kiln.local..",
                        "org.apache.flink..",
                        "org.apache.kafka..",
                        "picocli..")
                .check(PRODUCTION);
    }

    @Test
    void theDemoKnowsNoVerbs() {
        noClasses()
                .that()
                .resideInAPackage("io.kiln.cli.demo..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("picocli..")
                .check(PRODUCTION);
    }

    @Test
    void verbsReachFlinkOverItsRestApiAlone() {
        noClasses()
                .that()
                .resideInAPackage("io.kiln.cli")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("org.apache.flink..", "io.kiln.masking..", "io.kiln.training..")
                .because("what runs the jobs in this process is the demo")
                .check(PRODUCTION);
    }

    @Test
    void nobodyReachesTheEngineBesideTheModel() {
        noClasses().should().dependOnClassesThat().resideInAPackage("ai.djl..").check(PRODUCTION);
    }
}
