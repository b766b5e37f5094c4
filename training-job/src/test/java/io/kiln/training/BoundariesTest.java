package io.kiln.training;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class BoundariesTest {
    @Test
    void dependsOnlyOnWhatTheDesignAllows() {
        JavaClasses production =
                new ClassFileImporter()
                        .withImportOption(new ImportOption.DoNotIncludeTests())
                        .importPackages("io.kiln.training");
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "io.kiln.ingest..",
                        "io.kiln.masking..",
                        "io.kiln.checkpoints..",
                        "io.kiln.cli..")
                .because(
                        "training knows neither where images come from nor who reads its checkpoints")
                .check(production);
    }
}
